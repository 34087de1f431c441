import { describe, expect, it } from 'vitest';
import { applyEntry } from '../../../../functions/domain/calibration/apply.ts';
import { bandOf, bandOfRatio, driftBase, nextDrift } from '../../../../functions/domain/calibration/drift.ts';
import { isKnown, recalibrationNeeded, scoreOfState } from '../../../../functions/domain/calibration/evaluation.ts';
import { type CalibrationState, initialState } from '../../../../functions/domain/calibration/state.ts';
import { entryOf, evaluation, NOW_SECONDS, purseOf, RULES, T, trustedState } from '../builders.ts';

/** Applies labels an hour apart; `long` says which of them waited long, `q` what was served. */
function applied(
  state: CalibrationState,
  count: number,
  { q, long }: { q: (i: number) => number; long: (i: number) => boolean },
): CalibrationState {
  for (let more = 0; more < count; more++) {
    const i = state.n;
    const submittedAt = NOW_SECONDS + 3_600 * i;
    const entry = entryOf({ submittedAt, labelAt: submittedAt + 60, p: null, q: q(i), longWait: long(i) });
    applyEntry(state, entry, purseOf(), T);
  }
  return state;
}

/** Says .05 and .95, and is as often wrong as that says: of either, one in twenty. */
const good = { q: (i: number) => (i % 2 === 0 ? 0.05 : 0.95), long: (i: number) => (i % 2 === 1) !== i % 40 < 2 };

describe('the evaluation of a cluster', () => {
  it('comes first with the 50th label in the ring, then with every tenth', () => {
    const state = applied(initialState(RULES), 49, good);
    expect(state.evaluation).toBeNull();
    expect(scoreOfState(state)).toBeNull();
    applied(state, 1, good);
    expect(state.evaluation?.n).toBe(50);
    const { evaluation: first } = state;
    applied(state, 9, good);
    expect(state.evaluation).toBe(first);
    applied(state, 1, good);
    expect(state.evaluation?.n).toBe(60);
  });

  it('counts labels before sampling: of a burst the ring holds fewer than were known', () => {
    const state = initialState(RULES);
    const burst = entryOf({ submittedAt: NOW_SECONDS, labelAt: NOW_SECONDS + 10, p: null, q: 0.4, draw: 0.999 });
    for (let i = 0; i < 70; i++) applyEntry(state, burst, purseOf(), T);
    expect(state.n).toBe(70);
    expect(state.evaluation?.n).toBe(50);
  });

  it.each([
    [50, 0.08 / 1.645, true],
    [50, 0.08 / 1.645 + 1e-9, false],
    [49, 0.01, false],
    [1000, 0.01, true],
    [1000, Number.NaN, false],
    [Number.NaN, 0.01, false],
  ])('of %s labels with a standard error of %s is known well enough: %s', (n, error, known) => {
    expect(isKnown({ n, error })).toBe(known);
    expect(scoreOfState(trustedState({ evaluation: evaluation({ n, error }) })) !== null).toBe(known);
  });

  it('trusts 100 labels of two bad hours no more than two facts', () => {
    const state = initialState(RULES);
    for (let i = 0; i < 100; i++) {
      const submittedAt = NOW_SECONDS + (i % 2) * 3_600 + i;
      const entry = entryOf({ submittedAt, labelAt: submittedAt + 1, p: null, q: 0.5, longWait: i % 2 === 0 });
      applyEntry(state, entry, purseOf(), T);
    }
    expect(state.evaluation?.n).toBeGreaterThanOrEqual(50);
    expect(scoreOfState(state)).toBeNull();
  });

  it('has skill where long waits had the higher q, and none in a constant', () => {
    expect(applied(initialState(RULES), 100, good).evaluation?.skilled).toBe(true);
    const constant = { q: () => 0.5, long: (i: number) => i % 2 === 0 };
    const { evaluation: flat } = applied(initialState(RULES), 1000, constant);
    expect(flat).toMatchObject({ skilled: false });
    expect(flat?.ece).toBeLessThan(0.01);
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
    [Number.NaN, 'none'],
  ])('at a ratio of %s is %s', (ratio, band) => {
    expect(bandOfRatio(ratio)).toBe(band);
  });

  it('needs 100 labels, and the lower bound beyond the band', () => {
    expect(bandOf({ n: 99, lower: 0.4 }, null)).toBe('none');
    expect(bandOf({ n: 100, lower: 0.4 }, null)).toBe('escalate');
    expect(bandOf({ n: 300, lower: 0.036 }, null)).toBe('monitor');
    expect(bandOf({ n: 300, lower: 0.0361 }, null)).toBe('degrade');
    expect(bandOf({ n: Number.NaN, lower: 0.4 }, null)).toBe('none');
  });

  it('is measured against the own baseline, but nothing below .018', () => {
    expect([null, 0.001, 0.025].map((ece) => driftBase(ece))).toEqual([0.018, 0.018, 0.025]);
  });

  it('is announced at once, and lasts until its bound has been back for 100 labels', () => {
    expect(nextDrift({ band: 'none', clear: 0 }, 'degrade', 10)).toEqual({ band: 'degrade', clear: 0 });
    expect(nextDrift({ band: 'degrade', clear: 80 }, 'none', 10)).toEqual({ band: 'degrade', clear: 90 });
    expect(nextDrift({ band: 'degrade', clear: 90 }, 'monitor', 10)).toEqual({ band: 'monitor', clear: 0 });
    expect(nextDrift({ band: 'degrade', clear: 90 }, 'degrade', 10)).toEqual({ band: 'degrade', clear: 0 });
  });

  it('leaves the scopes at once where its bound is back, and the announcement after 100 labels', () => {
    const state = applied(initialState(RULES), 200, good);
    applied(state, 150, { q: good.q, long: (i) => i % 2 === 0 });
    expect(state).toMatchObject({ driftNow: 'escalate', drift: 'escalate' });
    expect(recalibrationNeeded(state)).toBe(true);
    for (let looks = 0; looks < 200 && state.driftNow === 'escalate'; looks++) applied(state, 10, good);
    const back = state.n;
    expect(state.driftNow).not.toBe('escalate');
    expect(state.drift).toBe('escalate');
    applied(state, 80, good);
    expect(state.drift).toBe('escalate');
    applied(state, 100, good);
    expect(state.n - back).toBe(180);
    expect(state.drift).not.toBe('escalate');
  });

  it('takes as baseline the first ECE with which tier 1 passed learning, score, its own limit and skill', () => {
    const state = applied(initialState(RULES), 40, good);
    expect(state.baselineEce).toBeNull();
    applied(state, 100, good);
    const { baselineEce } = state;
    expect(baselineEce).not.toBeNull();
    applied(state, 200, { q: good.q, long: () => false });
    expect(state.baselineEce).toBe(baselineEce);
  });

  it('takes none from a cluster without skill, nor from one whose score bars every tier', () => {
    const constant = { q: () => 0.5, long: (i: number) => i % 2 === 0 };
    expect(applied(initialState(RULES), 1000, constant).baselineEce).toBeNull();
    // An ECE between .08 and .10: tier 1 has R = .10, and the score is below .60.
    const between = { q: (i: number) => (i % 2 === 0 ? 0.01 : 0.83), long: (i: number) => i % 2 === 1 };
    const state = applied(initialState(RULES), 1000, between);
    expect(state.evaluation?.skilled).toBe(true);
    expect(state.evaluation?.ece).toBeGreaterThan(0.08);
    expect(state.evaluation?.ece).toBeLessThan(0.1);
    expect(state.baselineEce).toBeNull();
  });

  it('remembers the last ECE that was good', () => {
    const state = applied(initialState(RULES), 200, good);
    const { lastGoodEce } = state;
    expect(lastGoodEce).toBeLessThan(0.03);
    applied(state, 300, { q: good.q, long: () => false });
    expect(state.lastGoodEce).toBeLessThan(0.03);
    expect(state.evaluation?.ece).toBeGreaterThan(0.03);
  });
});
