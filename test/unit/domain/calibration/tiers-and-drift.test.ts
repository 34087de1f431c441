import { describe, expect, it } from 'vitest';
import { bandOfRatio, driftBase, measuredDrift, nextDrift } from '../../../../functions/domain/calibration/drift.ts';
import { refreshEvidence } from '../../../../functions/domain/calibration/evidence.ts';
import { pushOutcome } from '../../../../functions/domain/calibration/rings.ts';
import { initialState } from '../../../../functions/domain/calibration/state.ts';
import { earnedTier, tierStandings } from '../../../../functions/domain/calibration/tiers.ts';
import { estimate, trustedState } from '../builders.ts';

describe('earned tiers', () => {
  it.each([
    [0.03, 4],
    [0.030001, 3],
    [0.05, 3],
    [0.050001, 2],
    [0.07, 2],
    [0.070001, 1],
    [0.077, 1],
    [0.1, 1],
    [0.100001, 0],
  ])('an upper bound of %s earns tier %s', (upper, tier) => {
    expect(earnedTier(trustedState({ whole: estimate({ upper }) }))).toBe(tier);
  });

  it('calls tier 2 marginal at an ECE of .077 and no more just beside', () => {
    const warn = (upper: number) => tierStandings(trustedState({ whole: estimate({ upper }) }))[1];
    expect(warn(0.077)).toMatchObject({ tier: 'warn', earned: false, marginal: true });
    expect(warn(0.0771)).toMatchObject({ earned: false, marginal: false });
    expect(warn(0.07)).toMatchObject({ earned: true, marginal: false, needs: 0 });
  });

  it('are none without evidence, and say about how many outcomes they take', () => {
    expect(earnedTier(initialState())).toBe(0);
    expect(tierStandings(initialState()).map(({ needs }) => needs)).toEqual([100, 200, 400, 800]);
    expect(tierStandings(trustedState({ n: 49, whole: null })).map(({ needs }) => needs)).toEqual([60, 160, 360, 760]);
  });

  it('say how many more outcomes narrow the bound far enough', () => {
    // margin .04 at n = 200 has to become .03: 200 * (4/3)^2 = 356 in all.
    const state = trustedState({ whole: estimate({ n: 200, ece: 0.02, upper: 0.06 }) });
    expect(tierStandings(state)[2]).toMatchObject({ tier: 'suggest', earned: false, needs: 160 });
  });

  it('say that outcomes alone will not do where the error itself is too large, or the ring too short', () => {
    const needs = (ece: number, upper: number) =>
      tierStandings(trustedState({ whole: estimate({ n: 900, ece, upper }) }))[2]?.needs;
    expect(needs(0.05, 0.06)).toBeNull();
    expect(needs(0.045, 0.06)).toBeNull();
  });

  it('are one less while an alarm of calibration lasts', () => {
    expect(earnedTier(trustedState({ caution: 1 }))).toBe(3);
    expect(earnedTier(trustedState({ caution: 1, whole: null }))).toBe(0);
  });
});

describe('drift', () => {
  it.each([
    [1.5, 'none'],
    [1.500001, 'monitor'],
    [2, 'monitor'],
    [2.000001, 'degrade'],
    [5, 'degrade'],
    [5.000001, 'escalate'],
  ])('a ratio of %s is %s', (ratio, band) => {
    expect(bandOfRatio(ratio)).toBe(band);
  });

  it('needs 100 labels and the lower bound beyond the band', () => {
    expect(measuredDrift(estimate({ n: 99, ece: 0.5, lower: 0.4 }), null)).toBe('none');
    expect(measuredDrift(estimate({ n: 100, ece: 0.5, lower: 0.4 }), null)).toBe('escalate');
    expect(measuredDrift(estimate({ ece: 0.5, lower: 0.036 }), null)).toBe('monitor');
    expect(measuredDrift(estimate({ ece: 0.5, lower: 0.0361 }), null)).toBe('degrade');
    expect(measuredDrift(null, null)).toBe('none');
    expect(measuredDrift(estimate({ lower: Number.NaN, n: Number.NaN }), null)).toBe('none');
  });

  it('is measured against the own baseline, but nothing below .018', () => {
    expect(driftBase(null)).toBe(0.018);
    expect(driftBase(0.001)).toBe(0.018);
    expect(driftBase(0.025)).toBe(0.025);
  });

  it('rises at once and lasts until its bound has been back for 100 labels', () => {
    expect(nextDrift({ band: 'none', clear: 0 }, 'degrade', 10)).toEqual({ band: 'degrade', clear: 0 });
    expect(nextDrift({ band: 'degrade', clear: 80 }, 'none', 10)).toEqual({ band: 'degrade', clear: 90 });
    expect(nextDrift({ band: 'degrade', clear: 90 }, 'monitor', 10)).toEqual({ band: 'monitor', clear: 0 });
    expect(nextDrift({ band: 'degrade', clear: 90 }, 'degrade', 10)).toEqual({ band: 'degrade', clear: 0 });
  });

  it('takes as baseline the first full window that would be trusted alone', () => {
    const state = initialState();
    const push = (count: number, y: 0 | 1) => {
      for (let i = 0; i < count; i++) pushOutcome(state.outcomes, y, y);
    };
    push(299, 0);
    refreshEvidence(state);
    expect(state.baselineEce).toBeNull();
    expect(state.lastGoodEce).not.toBeNull();
    push(1, 0);
    refreshEvidence(state);
    const baseline = state.baselineEce;
    expect(baseline).not.toBeNull();
    for (let i = 0; i < 300; i++) pushOutcome(state.outcomes, 0, 1);
    refreshEvidence(state);
    expect(state.baselineEce).toBe(baseline);
    expect(state.lastGoodEce).toBeLessThan(0.03);
    expect(state.drift).toBe('escalate');
  });
});
