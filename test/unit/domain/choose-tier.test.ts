import { describe, expect, it } from 'vitest';
import type { CalibrationState } from '../../../functions/domain/calibration/state.ts';
import { type Chosen, chooseTier, nothingChosen, tiersIn } from '../../../functions/domain/choose-tier.ts';
import { TOKEN } from '../../../functions/domain/thresholds.ts';
import { CORE_TIER_RULES, TIER_RULES, type TierFacts } from '../../../functions/domain/tier-gate.ts';
import { evaluation, limitsOf, purseOf, ruleOf, T, trustedState, withTier } from './builders.ts';

interface Given {
  readonly called?: number;
  readonly barred?: string | null;
  readonly state?: CalibrationState;
  readonly draw?: () => number;
  readonly configured?: (tier: number) => boolean;
  readonly rules?: typeof TIER_RULES;
  readonly coolingDown?: boolean;
}

function choose(given: Given = {}): Chosen {
  const { called = 4, barred = null, state = trustedState(), draw = () => 0.999, rules = CORE_TIER_RULES } = given;
  const limits = limitsOf({ coolingDown: given.coolingDown ?? false });
  const factsOf = (tier: number): TierFacts | null =>
    given.configured?.(tier) === false
      ? null
      : { tier: ruleOf(tier), state, purse: purseOf(), longWaitSeconds: T, evidenceDays: 0, arguments: null, limits };
  // Written over, as a back-test does it: nothing of the job before may be left.
  const chosen: Chosen = { tier: 3, heldOut: true, share: 0.4, cost: 7, reason: 'old', paper: 15 };
  chooseTier({ called, barred, rules, factsOf, draw }, chosen);
  return chosen;
}

const poor = (state: CalibrationState, ...tiers: number[]): CalibrationState =>
  tiers.reduce((poorer, tier) => withTier(poorer, tier, { tokens: 0 }), state);

describe('the walk from the tier that is called for', () => {
  it('takes that tier where it has what it needs', () => {
    expect([1, 2, 3, 4].map((called) => choose({ called }).tier)).toEqual([1, 2, 3, 4]);
    expect(choose({ called: 1 })).toEqual({ ...nothingChosen(), tier: 1, cost: TOKEN });
  });

  it('does nothing, reserves nothing and asks no lottery where nothing is called for', () => {
    const draw = (): number => {
      throw new Error('there is nothing to draw for');
    };
    expect(choose({ called: 0, draw })).toEqual(nothingChosen());
    expect(choose({ called: 2, draw }).tier).toBe(2);
    expect(choose({ called: 4, barred: 'learning', draw })).toEqual({ ...nothingChosen(), reason: 'learning' });
  });

  it.each([
    [0.03, 4, null],
    [0.05, 3, 'ece'],
    [0.07, 2, 'ece'],
    [0.1, 1, 'ece'],
    [0.11, 0, 'ece'],
  ])('goes down as far as the ECE says: at %s to tier %s', (ece, tier, reason) => {
    expect(choose({ state: trustedState({ evaluation: evaluation({ ece }) }) })).toMatchObject({ tier, reason });
  });

  it('passes by what is not configured, with no reason of its own', () => {
    expect(choose({ configured: (tier) => tier === 1 })).toMatchObject({ tier: 1, reason: null, paper: 0 });
  });

  it('tells why the first one was passed over', () => {
    const state = poor(trustedState({ evaluation: evaluation({ ece: 0.04 }) }), 3);
    expect(choose({ state })).toMatchObject({ tier: 2, reason: 'ece' });
  });
});

describe('a paper trade', () => {
  it('is noted for each tier passed over for want of tokens alone', () => {
    expect(tiersIn(choose({ state: poor(trustedState(), 4) }).paper)).toEqual([4]);
    expect(tiersIn(choose({ state: poor(trustedState(), 4, 3, 2, 1) }).paper)).toEqual([1, 2, 3, 4]);
    expect(choose({ state: poor(trustedState(), 4, 3) })).toMatchObject({ tier: 2, cost: TOKEN });
  });

  it('is not noted where something else speaks against the tier too', () => {
    const wide = poor(trustedState({ evaluation: evaluation({ ece: 0.04 }) }), 4, 3);
    expect(tiersIn(choose({ state: wide }).paper)).toEqual([3]);
    expect(choose({ state: poor(trustedState(), 4), rules: TIER_RULES, coolingDown: true })).toMatchObject({
      ...{ tier: 2, paper: 0, reason: 'tokens' },
    });
  });

  it('is not noted for tiers below the one that is done', () => {
    expect(choose({ state: poor(trustedState(), 1, 2) })).toMatchObject({ tier: 4, paper: 0 });
  });
});

describe('the hold-out', () => {
  it('is drawn for interventions, with a share that follows from what is free', () => {
    const heldOut = (tokens: number, draw: number) =>
      choose({ state: withTier(trustedState(), 4, { tokens: tokens * TOKEN }), draw: () => draw });
    expect(heldOut(20, 0.0999)).toMatchObject({ tier: 4, heldOut: true, share: 0.1, cost: 10 * TOKEN });
    expect(heldOut(20, 0.1)).toMatchObject({ tier: 4, heldOut: false, share: 0.1, cost: TOKEN });
    expect(heldOut(2, 0.4999)).toMatchObject({ heldOut: true, share: 0.5, cost: 2 * TOKEN });
    expect(heldOut(2, 0.5)).toMatchObject({ heldOut: false, cost: TOKEN });
    expect(heldOut(400, 0.0499)).toMatchObject({ heldOut: true, share: 0.05, cost: 20 * TOKEN });
    expect(heldOut(400, 0.05)).toMatchObject({ heldOut: false });
  });

  it('never holds out on a draw that is no number, nor a statement on any', () => {
    expect(choose({ draw: () => Number.NaN })).toMatchObject({ heldOut: false });
    expect(choose({ called: 2, draw: () => 0 })).toMatchObject({ tier: 2, heldOut: false, cost: TOKEN });
  });
});
