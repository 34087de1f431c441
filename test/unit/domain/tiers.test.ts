import { describe, expect, it } from 'vitest';
import { initialState } from '../../../functions/domain/calibration/state.ts';
import { TOKEN } from '../../../functions/domain/thresholds.ts';
import { earnedTier, nextTierInWords, recordOf, tierStandings } from '../../../functions/domain/tiers.ts';
import { configOf, evaluation, evidenceOf, RULES, ruleOf, trustedState, withTier } from './builders.ts';

const CONFIG = configOf();
const withEce = (ece: number) => trustedState({ evaluation: evaluation({ ece }) });

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
  ])('an ECE of %s earns tier %s', (ece, tier) => {
    expect(earnedTier(withEce(ece), CONFIG)).toBe(tier);
  });

  it('are earned by evidence of their own each, and do not stand on the one below', () => {
    const holes = withTier(trustedState(), 2, { evidence: evidenceOf(10, 10) });
    expect(tierStandings(holes, CONFIG).map(({ earned }) => earned)).toEqual([true, false, true, true]);
    expect(earnedTier(holes, CONFIG)).toBe(4);
  });

  it('are none without an ECE, without one that is known, and without skill', () => {
    expect(earnedTier(initialState(RULES), CONFIG)).toBe(0);
    expect(earnedTier(trustedState({ evaluation: evaluation({ error: 0.05 }) }), CONFIG)).toBe(0);
    expect(earnedTier(trustedState({ evaluation: evaluation({ skilled: false }) }), CONFIG)).toBe(0);
    expect(earnedTier(trustedState({ evaluation: evaluation({ n: 49 }) }), CONFIG)).toBe(0);
  });

  it('that touch jobs are earned on the third day', () => {
    let state = trustedState();
    for (const tier of [1, 2, 3, 4]) state = withTier(state, tier, { days: { seen: 2, last: 20_000 } });
    expect(tierStandings(state, CONFIG).map(({ earned, needs }) => [earned, needs])).toEqual([
      ...[true, true].map((earned) => [earned, 0]),
      ...[false, false].map((earned) => [earned, null]),
    ]);
    expect(tierStandings(state, CONFIG)[2]?.sentence).toBe(
      'suggest: outcomes with q >= 0.70 from 2 of 3 days (UTC) seen',
    );
    expect(earnedTier(state, CONFIG)).toBe(2);
    expect(earnedTier(state, configOf({ evidenceDays: 2 }))).toBe(4);
  });

  it('say nothing of tokens', () => {
    expect(earnedTier(withTier(trustedState(), 4, { tokens: 0 }), CONFIG)).toBe(4);
  });
});

describe('how a tier stands', () => {
  const warn = (ece: number) => tierStandings(withEce(ece), CONFIG)[1];

  it('is marginal within 10 % of its limit, and no more just beside', () => {
    expect(warn(0.07)).toMatchObject({ tier: 'warn', earned: true, marginal: false, needs: 0 });
    expect(warn(0.0701)).toMatchObject({ earned: false, marginal: true, needs: null });
    expect(warn(0.077)).toMatchObject({ earned: false, marginal: true });
    expect(warn(0.0771)).toMatchObject({ earned: false, marginal: false });
  });

  it('counts what it has seen, and how much is missing', () => {
    const state = withTier(trustedState(), 3, { evidence: evidenceOf(14, 11) });
    expect(tierStandings(state, CONFIG)[2]).toMatchObject({
      ...{ seen: 14, seenRight: 11, needs: 6, limit: 0.05, tokens: 20 * TOKEN },
      sentence: 'suggest: 14 of 20 outcomes with q >= 0.70 seen',
    });
  });

  it('says first what has to come first: outcomes, a known ECE, the ECE itself, skill', () => {
    const sentence = (change: Parameters<typeof evaluation>[0] | null) =>
      tierStandings(trustedState({ evaluation: change === null ? null : evaluation(change) }), CONFIG)[0]?.sentence;
    expect(sentence(null)).toBe('annotate: 0 of 50 outcomes seen');
    expect(sentence({ error: 0.06, ece: 0.2 })).toBe('annotate: the ECE is not known well enough yet, n 300');
    expect(sentence({ ece: 0.2 })).toBe('annotate: ECE 0.200, at most 0.100');
    expect(sentence({ skilled: false })).toBe('annotate: predictions do not beat the base rate yet');
    expect(sentence({})).toBe('annotate: 100 % of 100 were right, and 20 % are needed with 90 % certainty');
  });

  it('says what the next tier takes, and nothing where all are earned', () => {
    expect(nextTierInWords(withEce(0.062), CONFIG)).toBe('suggest: ECE 0.062, at most 0.050');
    expect(nextTierInWords(initialState(RULES), CONFIG)).toBe('annotate: 0 of 50 outcomes seen');
    expect(nextTierInWords(trustedState(), CONFIG)).toBeNull();
  });
});

describe('the record of a tier', () => {
  it('is of no meaning before it has done K / (1 - pi) things', () => {
    const standing = (right: number) => recordOf({ ...trustedState().tiers[0], right }, ruleOf(1));
    expect(standing(24)).toMatchObject({ right: 24, settled: 24, testedFrom: 25, tested: false, estimate: false });
    expect(standing(25)).toMatchObject({ tested: true });
  });

  it('of an intervention is an estimate: hold-outs say how many were right, and what was touched counts as done', () => {
    const done = { heldRight: 8, heldWrong: 1, undone: 1, touched: 144 };
    expect(recordOf({ ...trustedState().tiers[3], ...done }, ruleOf(4))).toEqual({
      ...{ right: 8, settled: 10, estimate: true, testedFrom: 154, tested: true },
    });
    expect(recordOf({ ...trustedState().tiers[3], ...done, touched: 143 }, ruleOf(4)).tested).toBe(false);
  });
});
