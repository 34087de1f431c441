import { describe, expect, it } from 'vitest';
import { calledTier } from '../../../functions/domain/choose-tier.ts';
import { TOKEN } from '../../../functions/domain/thresholds.ts';
import { testedFrom, tierRulesOf } from '../../../functions/domain/tier-numbers.ts';
import { RULES, ruleOf } from './builders.ts';

describe('the tiers', () => {
  it('have the numbers of the specification where nothing is configured', () => {
    const numbers = RULES.map(({ name, kind, eps, ece, promise, start, cap }) => [
      ...[name, kind, eps, ece, Number(promise.toFixed(12)), start / TOKEN, cap / TOKEN],
    ]);
    expect(numbers).toEqual([
      ['annotate', 'statement', 0.3, 0.1, 0.2, 20, 60],
      ['warn', 'statement', 0.5, 0.07, 0.43, 20, 40],
      ['suggest', 'intervention', 0.7, 0.05, 0.65, 20, 60],
      ['gate', 'intervention', 0.9, 0.03, 0.87, 20, 40],
    ]);
  });

  it('promise at least eps - R: a promise may be raised, and never put below', () => {
    const promiseOf = (promise: number): number => ruleOf(3, tierRulesOf({ suggest: { promise } })).promise;
    expect(promiseOf(0.8)).toBe(0.8);
    expect(promiseOf(0.1)).toBeCloseTo(0.65, 12);
    expect(ruleOf(3, tierRulesOf({ suggest: { eps: 0.8 } })).promise).toBeCloseTo(0.75, 12);
    expect(ruleOf(3, tierRulesOf({ suggest: { ece: 0.02 } })).promise).toBeCloseTo(0.68, 12);
  });

  it('have a cap of at least what they start with', () => {
    expect(ruleOf(1, tierRulesOf({ annotate: { tokens: 100 } })).cap).toBe(100 * TOKEN);
    expect(ruleOf(1, tierRulesOf({ annotate: { cap: 5 } })).cap).toBe(20 * TOKEN);
    expect(ruleOf(1, tierRulesOf({ annotate: { tokens: 0, cap: 0 } }))).toMatchObject({ start: 0, cap: 0 });
  });

  it('count in whole ten-thousandths of a token', () => {
    expect(ruleOf(1, tierRulesOf({ annotate: { tokens: 1 / 3 } })).start).toBe(3_333);
  });

  it.each([
    [1, 25],
    [2, 36],
    [3, 58],
    [4, 154],
  ])('of number %s are not tested before they have done K / (1 - pi): %s things', (tier, things) => {
    expect(Math.ceil(testedFrom(ruleOf(tier)) - 1e-9)).toBe(things);
  });
});

describe('a job', () => {
  it.each([
    [0, 0],
    [0.2999, 0],
    [0.3, 1],
    [0.4999, 1],
    [0.5, 2],
    [0.6999, 2],
    [0.7, 3],
    [0.8999, 3],
    [0.9, 4],
    [1, 4],
    [Number.NaN, 0],
    [1.0001, 0],
    [Number.POSITIVE_INFINITY, 0],
    [-1, 0],
  ])('at q = %s calls for tier %s', (q, tier) => {
    expect(calledTier(q, RULES, () => true)).toBe(tier);
  });

  it('calls for the highest tier that is configured, and for none where none is', () => {
    expect(calledTier(0.95, RULES, (tier) => tier === 1)).toBe(1);
    expect(calledTier(0.95, RULES, (tier) => tier !== 4)).toBe(3);
    expect(calledTier(0.95, RULES, () => false)).toBe(0);
    expect(calledTier(0.2, RULES, () => true)).toBe(0);
  });

  it('calls by the eps of its cluster', () => {
    const rules = tierRulesOf({ annotate: { eps: 0.1 }, gate: { eps: 0.8 } });
    expect([0.0999, 0.1, 0.7999, 0.8].map((q) => calledTier(q, rules, () => true))).toEqual([0, 1, 3, 4]);
  });
});
