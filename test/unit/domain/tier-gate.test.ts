import { describe, expect, it } from 'vitest';
import { precisionBound } from '../../../functions/domain/calibration/precision.ts';
import type { CalibrationState } from '../../../functions/domain/calibration/state.ts';
import { TOKEN } from '../../../functions/domain/thresholds.ts';
import {
  CORE_TIER_RULES,
  evidenceInWords,
  outcomesMissing,
  TIER_RULES,
  type TierFacts,
} from '../../../functions/domain/tier-gate.ts';
import { tierRulesOf } from '../../../functions/domain/tier-numbers.ts';
import { evaluation, evidenceOf, limitsOf, purseOf, RULES, ruleOf, T, trustedState, withTier } from './builders.ts';

const ARGUMENTS = [
  { action: 'annotate' },
  { action: 'warn' },
  { action: 'requeue', target: 'batch' },
  { action: 'hold' },
].map((args) => ({ clusterId: 'c1', jobId: 'j1', ...args }));

function factsOf(tier: number, change: Partial<TierFacts> = {}): TierFacts {
  return {
    tier: ruleOf(tier),
    state: trustedState(),
    purse: purseOf(),
    longWaitSeconds: T,
    evidenceDays: 3,
    arguments: ARGUMENTS[tier - 1] ?? null,
    limits: limitsOf(),
    ...change,
  };
}

/** Codes of the rules that speak against a tier. */
const against = (facts: TierFacts, rules = TIER_RULES): string[] =>
  rules.filter((rule) => rule.applies(facts)).map(({ code }) => code);
const said = (facts: TierFacts): string | undefined => TIER_RULES.find((rule) => rule.applies(facts))?.message(facts);
const withEce = (ece: number): CalibrationState => trustedState({ evaluation: evaluation({ ece }) });
const free = (tier: number, tokens: number): CalibrationState =>
  withTier(trustedState(), tier, { tokens: Math.round(tokens * TOKEN) });

describe('what a tier needs', () => {
  it('is there, for every tier, on a cluster that has earned all', () => {
    for (const tier of [1, 2, 3, 4]) expect(against(factsOf(tier))).toEqual([]);
  });

  it.each([
    [1, 0.1],
    [2, 0.07],
    [3, 0.05],
    [4, 0.03],
  ])('tier %s: an ECE of exactly R = %s is enough, and no more', (tier, limit) => {
    expect(against(factsOf(tier, { state: withEce(limit) }))).toEqual([]);
    expect(against(factsOf(tier, { state: withEce(limit + 1e-9) }))).toEqual(['ece']);
    expect(against(factsOf(tier, { state: withEce(Number.NaN) }))).toEqual(['ece']);
  });

  it('earns tier 1 alone with an ECE of .077', () => {
    expect([1, 2, 3, 4].map((tier) => against(factsOf(tier, { state: withEce(0.077) })).length)).toEqual([0, 1, 1, 1]);
  });

  it('includes skill', () => {
    const state = trustedState({ evaluation: evaluation({ skilled: false }) });
    expect(against(factsOf(1, { state }))).toEqual(['skill']);
    expect(against(factsOf(1, { state: trustedState({ evaluation: null }) }))).toEqual(['ece', 'skill']);
  });

  it.each([
    [19, 5, true],
    [20, 4, true],
    [20, 5, false],
  ])('includes evidence: %s labels of %s stretches are too little: %s', (labels, hours, missing) => {
    const state = withTier(trustedState(), 1, { evidence: evidenceOf(labels, labels, hours) });
    expect(against(factsOf(1, { state }))).toEqual(missing ? ['evidence'] : []);
  });

  it('includes a precision whose lower bound is exactly the promise', () => {
    const ring = evidenceOf(100, 80);
    const bound = precisionBound(ring, T);
    const tierAt = (promise: number) => ({ ...ruleOf(3), promise });
    const state = withTier(trustedState(), 3, { evidence: ring });
    expect(against(factsOf(3, { state, tier: tierAt(bound) }), CORE_TIER_RULES)).toEqual([]);
    expect(against(factsOf(3, { state, tier: tierAt(bound + 1e-12) }), CORE_TIER_RULES)).toEqual(['evidence']);
  });

  it.each([
    [1, 1, []],
    [1, 0.9999, ['tokens']],
    [2, 1, []],
    [2, 0, ['tokens']],
    [3, 2, []],
    [3, 1.9999, ['tokens']],
    [4, 2, []],
    [4, 1.9999, ['tokens']],
    [4, -5, ['tokens']],
  ])('includes tokens: tier %s with %s free', (tier, tokens, expected) => {
    expect(against(factsOf(tier, { state: free(tier, tokens) }))).toEqual(expected);
  });

  it('counts as free what is not reserved', () => {
    const facts = factsOf(3, { state: free(3, 10), purse: purseOf({ reserved: [0, 0, 8, 0] }) });
    expect(against(facts)).toEqual([]);
    expect(against({ ...facts, purse: purseOf({ reserved: [0, 0, 8.0001, 0] }) })).toEqual(['tokens']);
  });

  it.each([
    [1, 0, []],
    [2, 0, []],
    [3, 2, ['days']],
    [4, 2, ['days']],
    [3, 3, []],
    [4, 3, []],
    [3, Number.NaN, ['days']],
  ])('includes outcomes of 3 days where it touches a job: tier %s with %s', (tier, seen, expected) => {
    const state = withTier(trustedState(), tier, { days: { seen, last: 20_000 } });
    expect(against(factsOf(tier, { state }))).toEqual(expected);
    expect(against(factsOf(tier, { state, evidenceDays: 0 }))).toEqual(Number.isNaN(seen) ? ['days'] : []);
  });

  it('includes no days in the core rules', () => {
    const state = withTier(trustedState(), 3, { days: { seen: 0, last: -1 } });
    expect(against(factsOf(3, { state }), CORE_TIER_RULES)).toEqual([]);
  });

  it('is asked in the order of the specification', () => {
    expect(CORE_TIER_RULES.map(({ code }) => code)).toEqual(['ece', 'skill', 'evidence', 'tokens']);
    const state = { ...free(3, 0), evaluation: null };
    const nothing = { ...state, tiers: trustedState().tiers };
    expect(against(factsOf(3, { state: nothing }))[0]).toBe('ece');
  });

  it('is not there while its numbers are others than those that its tokens started with', () => {
    for (const change of [{ promise: 0.7 }, { eps: 0.75 }, { ece: 0.04 }, { tokens: 10 }]) {
      const tier = ruleOf(3, tierRulesOf({ suggest: change }));
      expect(against(factsOf(3, { tier }))).toContain('numbersChanged');
    }
    expect(against(factsOf(3, { tier: ruleOf(3, tierRulesOf({ suggest: { cap: 50 } })) }))).toEqual([]);
  });

  it.each([
    ['cooling down', { coolingDown: true }, ['cooldown']],
    ['at 59 of 60 actions', { usedThisHour: 59 }, []],
    ['at 60 of 60 actions', { usedThisHour: 60 }, ['rate']],
    ['with a count that is none', { usedThisHour: Number.NaN }, ['rate']],
    ['irreversible here', { irreversible: true }, ['irreversible']],
    ['with nobody to release a hold', { noPlaceToAsk: '6 of 6 questions are open' }, ['noPlace']],
  ])('of a hold is held back %s', (_, limits, expected) => {
    expect(against(factsOf(4, { limits: limitsOf(limits) }))).toEqual(expected);
  });

  it('of a statement is held back neither by cooldown nor by rate, and only a hold needs somebody to release it', () => {
    const limits = limitsOf({ coolingDown: true, usedThisHour: 99, noPlaceToAsk: 'nobody is there' });
    expect(against(factsOf(1, { limits }))).toEqual([]);
    expect(against(factsOf(3, { limits: limitsOf({ noPlaceToAsk: 'nobody is there' }) }))).toEqual([]);
  });

  it('is never there for an action that is misconfigured', () => {
    const args = { clusterId: 'c1', jobId: 'j1', action: 'requeue' };
    expect(against(factsOf(3, { arguments: args }))).toEqual(['misconfigured']);
    expect(against(factsOf(4, { arguments: args }))).toEqual(['misconfigured']);
  });
});

describe('what is said', () => {
  const withEvidence = (tier: number, labels: number, right: number, hours?: number): TierFacts =>
    factsOf(tier, { state: withTier(trustedState(), tier, { evidence: evidenceOf(labels, right, hours) }) });

  it.each<[string, TierFacts, string]>([
    ['labels that are missing', withEvidence(3, 14, 14), 'suggest: 14 of 20 outcomes with q >= 0.70 seen'],
    ['labels that are missing altogether', withEvidence(4, 0, 0), 'gate: 0 of 20 outcomes with q >= 0.90 seen'],
    [
      'stretches that are missing',
      withEvidence(1, 40, 40, 3),
      'annotate: outcomes with q >= 0.30 are needed from 5 stretches of time, they are from 3',
    ],
    [
      'days that are missing',
      factsOf(3, { state: withTier(trustedState(), 3, { days: { seen: 2, last: 20_000 } }) }),
      'suggest: outcomes with q >= 0.70 from 2 of 3 days (UTC) seen',
    ],
    ['an ECE that is too large', factsOf(3, { state: withEce(0.062) }), 'suggest: ECE 0.062, at most 0.050'],
    [
      'skill',
      factsOf(1, { state: trustedState({ evaluation: evaluation({ skilled: false }) }) }),
      'predictions do not beat the base rate yet, with 99 % certainty',
    ],
    [
      'a precision that more outcomes cannot mend',
      withEvidence(3, 100, 60),
      'suggest: 60 % of 100 were right, 65 % are needed with 90 % certainty',
    ],
    [
      'tokens, rounded down',
      factsOf(3, { state: free(3, 1.99), purse: purseOf() }),
      'suggest: 1.9 tokens are free beside 0 in flight, 2 are needed',
    ],
    [
      'tokens beside what is in flight',
      factsOf(1, { state: free(1, 3.5), purse: purseOf({ reserved: [3, 0, 0, 0] }) }),
      'annotate: 0.5 tokens are free beside 3 in flight, 1 are needed',
    ],
    [
      'numbers that have changed',
      factsOf(3, { tier: ruleOf(3, tierRulesOf({ suggest: { promise: 0.8 } })) }),
      'the numbers of suggest have changed: it starts anew with the next outcome',
    ],
    [
      'a cooldown',
      factsOf(4, { limits: limitsOf({ coolingDown: true }) }),
      'this action ran on this job less than 30 minutes ago',
    ],
    ['a rate', factsOf(4, { limits: limitsOf({ usedThisHour: 60 }) }), '60 of 60 actions of this hour are used'],
  ])('about %s: the number needed', (_, facts, sentence) => {
    expect(said(facts)).toBe(sentence);
  });

  it('about a precision that more outcomes can mend: about how many', () => {
    expect(said(withEvidence(3, 58, 41))).toMatch(
      /^suggest: 70 % of 58 were right, 65 % are needed with 90 % certainty: about \d+0 more at this rate$/,
    );
  });

  it('about a tier that has what it needs: that it has it', () => {
    const words = evidenceInWords(ruleOf(3), { labels: 100, right: 90, stretches: 20, bound: 0.8 });
    expect(words).toBe('suggest: 90 % of 100 were right, and 65 % are needed with 90 % certainty');
  });

  it('never looks like enough where it is not: 64.9 % is not 65 %', () => {
    const words = evidenceInWords(ruleOf(3), { labels: 1000, right: 649, stretches: 20, bound: 0.6 });
    expect(words).toContain('64 % of 1000 were right');
  });
});

describe('how many more outcomes it takes', () => {
  const few = { labels: 40, right: 30, bound: 0.6 };

  it('is none where the bound is there, and unknown where the rate itself is not', () => {
    expect(outcomesMissing(0.65, { labels: 100, right: 90, bound: 0.8 })).toBe(0);
    expect(outcomesMissing(0.65, { labels: 100, right: 65, bound: 0.5 })).toBeNull();
    expect(outcomesMissing(0.65, { labels: 100, right: 10, bound: 0.05 })).toBeNull();
  });

  it('is the more, the nearer the rate is to the promise', () => {
    const missing = [0.55, 0.6, 0.65, 0.7].map((promise) => outcomesMissing(promise, few) ?? Number.POSITIVE_INFINITY);
    expect(missing[0]).toBe(0);
    for (let i = 1; i < missing.length; i++) expect(missing[i]).toBeGreaterThanOrEqual(missing[i - 1] ?? 0);
    expect(missing.every((more) => more % 10 === 0)).toBe(true);
  });

  it('is about right: at this rate the tier has then what it needs', () => {
    const ring = evidenceOf(60, 44, 20);
    const bound = precisionBound(ring, T);
    const promise = ruleOf(3).promise;
    const more = outcomesMissing(promise, { labels: 60, right: 44, bound }) ?? 0;
    expect(more).toBeGreaterThan(0);
    const then = evidenceOf(60 + more, Math.round(((60 + more) * 44) / 60), 20 + Math.round(more / 3));
    expect(precisionBound(then, T)).toBeGreaterThan(promise - 0.03);
  });
});

describe('the rules', () => {
  it('have a code of their own each', () => {
    expect(new Set(TIER_RULES.map(({ code }) => code)).size).toBe(TIER_RULES.length);
    expect(RULES).toHaveLength(4);
  });
});
