import { describe, expect, it } from 'vitest';
import { decide } from '../../../functions/domain/gate.ts';
import { argumentsHash, decisionId } from '../../../functions/domain/ids.ts';
import { proposalOf } from '../../../functions/domain/proposal.ts';
import { TOKEN, tierName } from '../../../functions/domain/thresholds.ts';
import { Decision } from '../../../schemas/decision.ts';
import type { Verdict } from '../../../schemas/verdict.ts';
import {
  configOf,
  decideInput,
  evaluation,
  evidenceOf,
  limitsOfAll,
  NOW,
  purseOf,
  trustedState,
  verdictOf,
  withTier,
} from './builders.ts';

const DAY = 86_400;
const JOB = { clusterId: 'c1', jobId: 'j1' };
const ROUND = { ...JOB, submittedAt: NOW.toISOString() };
const submitted = (secondsAgo: number) => new Date(NOW.getTime() - secondsAgo * 1000).toISOString();
const codes = (decision: Decision) => decision.reasons.map(({ code }) => code);
const outcomeOf = ({ called, tier, kind, scope, next, executed }: Decision) => ({
  called,
  tier,
  kind,
  scope,
  next,
  executed,
});
const decided = (change: Parameters<typeof decideInput>[0] = {}) => Decision.parse(decide(decideInput(change)));
const notify = trustedState({ evaluation: evaluation({ ece: 0.031 }) });
/** Has earned annotate and warn, and nothing more. */
const lower = [3, 4].reduce((state, tier) => withTier(state, tier, { evidence: evidenceOf(10, 10) }), trustedState());
const learning = trustedState({ evaluation: null, n: 20 });
const noPlace = { code: 'asking', message: '6 of 6 questions are open', scope: 'escalate' } as const;

describe('a decision', () => {
  it.each([
    [0.2999, { called: 0, tier: 0, kind: 'statement', scope: 'autonomous', next: 'nothing', executed: false }],
    [0.3, { called: 1, tier: 1, kind: 'statement', scope: 'autonomous', next: 'act', executed: true }],
    [0.5, { called: 2, tier: 2, kind: 'statement', scope: 'autonomous', next: 'act', executed: true }],
    [0.7, { called: 3, tier: 3, kind: 'intervention', scope: 'autonomous', next: 'act', executed: true }],
    [0.9, { called: 4, tier: 4, kind: 'intervention', scope: 'autonomous', next: 'act', executed: true }],
  ])('at q = %s does what is called for, where all is earned', (q, expected) => {
    const decision = decided({ q });
    expect(outcomeOf(decision)).toEqual(expected);
    expect(decision).toMatchObject({ asks: null, paper: [], foldable: true, passedOver: [] });
    expect(decision.cost).toBe(expected.tier === 0 ? 0 : TOKEN);
    expect(decision.decisionId).toBe(decisionId(ROUND));
  });

  it('about a job that calls for nothing reserves nothing, asks nobody, draws nothing and says why', () => {
    const draw = (): number => {
      throw new Error('there is nothing to draw for');
    };
    const decision = decided({ q: 0.2, draw, state: withTier(trustedState(), 1, { tokens: 0 }) });
    expect(decision).toMatchObject({
      next: 'nothing',
      cost: 0,
      paper: [],
      asks: null,
      arguments: null,
      holdOutShare: null,
    });
    expect(decision.reasons).toEqual([
      expect.objectContaining({
        code: 'nothingNeeded',
        message: 'nothing is called for: q is 0.200, and annotate calls from 0.30 on',
      }),
    ]);
  });

  it('acts and notifies where the score says so', () => {
    expect(outcomeOf(decided({ q: 0.6, state: notify }))).toMatchObject({
      tier: 2,
      scope: 'notify',
      next: 'actAndNotify',
      executed: true,
    });
  });

  it.each([
    [0.08, 'withhold'],
    [0.0799, 'actAndNotify'],
  ])('at an ECE of %s, where the score bars every tier from .60 down, is to %s a statement', (ece, next) => {
    const state = trustedState({ evaluation: evaluation({ ece }) });
    expect(decided({ q: 0.35, state }).next).toBe(next);
  });

  it('does the highest tier below that has what it needs, and asks about the one that was called for', () => {
    const decision = decided({ q: 0.95, state: lower });
    expect(outcomeOf(decision)).toMatchObject({ called: 4, tier: 2, kind: 'statement', next: 'act', executed: true });
    expect(decision.arguments).toMatchObject({ action: 'warn' });
    expect(decision.asks).toMatchObject({ tier: 4, arguments: { ...JOB, action: 'hold' } });
    expect(decision.passedOver.map(({ tier, reasons }) => [tier, reasons.map(({ code }) => code)])).toEqual([
      [4, ['evidence']],
      [3, ['evidence']],
    ]);
    expect(decision.reasons[0]?.message).toBe('gate: 10 of 20 outcomes with q >= 0.90 seen');
  });

  it('asks about an intervention where the cluster is not reliable, and withholds a statement', () => {
    expect(decided({ q: 0.95, state: learning })).toMatchObject({
      next: 'ask',
      scope: 'escalate',
      tier: 0,
      executed: false,
    });
    expect(decided({ q: 0.6, state: learning })).toMatchObject({
      next: 'withhold',
      asks: null,
      executed: false,
      cost: 0,
    });
  });

  it('asks nobody where there is no room to ask, and says so', () => {
    const decision = decided({ q: 0.95, state: learning, askBarred: () => noPlace });
    expect(decision).toMatchObject({ next: 'withhold', asks: null });
    expect(codes(decision)).toEqual(['learning', 'ece', 'skill', 'asking']);
    const beside = decided({ q: 0.95, state: lower, askBarred: () => noPlace });
    expect(beside).toMatchObject({ next: 'act', tier: 2, asks: null });
  });

  it('looks for room only where there is something to ask about', () => {
    const askBarred = (): null => {
      throw new Error('there is nothing to ask');
    };
    expect(decided({ q: 0.95, askBarred }).next).toBe('act');
    expect(decided({ q: 0.6, state: learning, askBarred }).next).toBe('withhold');
    expect(
      decided({ q: 0.95, state: lower, draw: () => 0, config: configOf({ tiers: {} }), askBarred: () => null }).tier,
    ).toBe(2);
  });

  it('keeps on paper what a tier would have done that wanted tokens alone', () => {
    const state = withTier(withTier(trustedState(), 4, { tokens: TOKEN }), 3, { tokens: 0 });
    const decision = decided({ q: 0.95, state });
    expect(decision).toMatchObject({ tier: 2, paper: [3, 4], asks: { tier: 4 } });
    expect(decision.reasons[0]?.message).toBe('gate: 1 tokens are free beside 0 in flight, 2 are needed');
  });

  it('is one of dry run where that is configured, and where there is no scheduler to touch', () => {
    const dry = (change: Record<string, unknown>) => decided({ config: configOf(change) }).dryRun;
    expect(dry({ dryRun: false, scheduler: { kind: 'simulated' } })).toBe(false);
    expect(dry({ dryRun: true, scheduler: { kind: 'simulated' } })).toBe(true);
    expect(dry({ dryRun: false })).toBe(true);
  });

  it('keeps the eras of the tiers, which its label has to fit', () => {
    expect(decided({ state: withTier(trustedState(), 3, { era: 5 }) }).eras).toEqual([0, 0, 5, 0]);
  });

  it('is decided again from fresh tokens where they could not be reserved', () => {
    const input = decideInput({ q: 0.75 });
    expect(decide(input)).toMatchObject({ tier: 3, cost: TOKEN });
    expect(decide({ ...input, purse: purseOf({ reserved: [0, 0, 19, 0] }) })).toMatchObject({ tier: 2, paper: [3] });
  });

  it.each([null, Number.NaN, -0.1, 1.1])('without a usable probability (%s) calls for nothing', (q) => {
    const decision = decide(decideInput({ q }));
    expect(decision).toMatchObject({ called: 0, tier: 0, next: 'nothing', executed: false });
    expect(codes(decision)).toEqual([q === null ? 'noProbability' : 'nothingNeeded']);
  });

  it('lets an event choose among the configured suggestions, and only among those', () => {
    const suggest = (proposedAction?: string, q = 0.75) => decided({ q, job: { ...ROUND, proposedAction } }).arguments;
    expect(suggest('adjust-priority')).toEqual({ ...JOB, action: 'adjust-priority', target: '+100' });
    expect(suggest('requeue')).toEqual({ ...JOB, action: 'requeue', target: 'batch' });
    expect(suggest('delete-everything')).toEqual({ ...JOB, action: 'requeue', target: 'batch' });
    expect(suggest('__proto__')?.action).toBe('requeue');
    expect(suggest('adjust-priority', 0.95)?.action).toBe('hold');
    expect(suggest('hold', 0.75)?.action).toBe('requeue');
  });

  it('calls for the tiers that are configured, and does nothing where none is', () => {
    const only = (actions: object) => decided({ q: 0.95, config: configOf({ actions }) });
    expect(only({ annotate: { action: 'annotate' } })).toMatchObject({ called: 1, tier: 1, asks: null });
    expect(only({})).toMatchObject({ called: 0, next: 'nothing' });
    expect(proposalOf(5, configOf(), JOB)).toBeNull();
  });

  it.each([
    ['an unknown action', { gate: { action: 'delete' } }],
    ['an action of another tier', { gate: { action: 'requeue' } }],
  ])('never carries out %s that is configured', (_, actions) => {
    const decision = decided({ q: 0.95, config: configOf({ actions }) });
    expect(decision.executed).toBe(false);
    expect(codes(decision)).toContain('misconfigured');
  });

  it('follows the limits of an action tier by tier', () => {
    const limits = limitsOfAll().map((one, i) => (i === 3 ? { ...one, coolingDown: true } : one));
    expect(decided({ q: 0.95, limits })).toMatchObject({ tier: 3, asks: { tier: 4 }, next: 'act' });
    expect(decided({ q: 0.95, limits: limitsOfAll({ usedThisHour: 60 }) })).toMatchObject({
      tier: 2,
      asks: { tier: 4 },
    });
  });

  it('reports every rule that a tier did not pass, strictest first', () => {
    const state = withTier(trustedState({ evaluation: evaluation({ ece: 0.09, skilled: false }) }), 4, {
      tokens: 0,
      evidence: evidenceOf(5, 5),
    });
    const decision = decided({ state, limits: limitsOfAll({ coolingDown: true, usedThisHour: 60 }) });
    expect(codes(decision)).toEqual(['score', 'ece', 'skill', 'evidence', 'tokens', 'cooldown', 'rate']);
    expect(decision.passedOver.map(({ tier }) => tier)).toEqual([4, 3, 2, 1]);
  });
});

describe('the hold-out', () => {
  it('is not done, keeps its weight, and is asked about by no tier', () => {
    const decision = decided({ q: 0.95, draw: () => 0.0999 });
    expect(outcomeOf(decision)).toMatchObject({ tier: 4, next: 'holdOut', executed: false });
    expect(decision).toMatchObject({ asks: null, cost: 10 * TOKEN, foldable: true });
    expect(decision.holdOutShare).toBeCloseTo(0.1, 12);
    expect(decision.reasons[0]?.code).toBe('holdout');
  });

  it('of a lower tier is not asked about either, though the one above was passed over', () => {
    const state = withTier(trustedState(), 4, { evidence: evidenceOf(10, 10) });
    expect(decided({ q: 0.95, state, draw: () => 0 })).toMatchObject({
      called: 4,
      tier: 3,
      next: 'holdOut',
      asks: null,
    });
    expect(decided({ q: 0.95, state, draw: () => 0.9 })).toMatchObject({ tier: 3, next: 'act', asks: { tier: 4 } });
  });

  it('is never one of statements', () => {
    expect(decided({ q: 0.6, draw: () => 0 })).toMatchObject({ tier: 2, next: 'act', holdOutShare: null, cost: TOKEN });
  });

  it('has its share recorded beside what is done', () => {
    const state = withTier(trustedState(), 4, { tokens: 4 * TOKEN });
    expect(decided({ q: 0.95, state })).toMatchObject({ next: 'act', holdOutShare: 0.5, cost: TOKEN });
  });
});

describe('what bars every tier', () => {
  const verdict = (change: Partial<Verdict>): Verdict => ({ ...verdictOf(trustedState()), ...change });

  it('is a verdict that is missing, or a state that is', () => {
    expect(decided({ verdict: null })).toMatchObject({ executed: false, next: 'ask' });
    expect(decided({ verdict: null }).reasons[0]?.code).toBe('noVerdict');
    const gone = decided({ state: null, verdict: verdict({}) });
    expect(gone).toMatchObject({ executed: false, next: 'ask', eras: [0, 0, 0, 0] });
    expect(gone.reasons[0]?.code).toBe('unreadable');
  });

  it('is a verdict that says escalate, even where it does not say why', () => {
    const decision = decided({ verdict: verdict({ scope: 'escalate', reasons: [] }) });
    expect(decision).toMatchObject({ executed: false, tier: 0, scope: 'escalate' });
    expect(codes(decision)).toEqual(['reliability']);
  });

  it('is a state that has got worse since the verdict', () => {
    const worse: [string, ReturnType<typeof trustedState>][] = [
      ['learning', trustedState({ evaluation: evaluation({ error: 0.05 }) })],
      ['score', trustedState({ evaluation: evaluation({ ece: 0.08 }) })],
      ['drift', trustedState({ driftNow: 'escalate' })],
      ['learning', trustedState({ evaluation: null })],
    ];
    for (const [code, state] of worse) {
      const decision = decided({ q: 0.35, state, verdict: verdict({}) });
      expect(decision).toMatchObject({ executed: false, next: 'withhold' });
      expect(decision.reasons[0]?.code).toBe(code);
    }
  });

  it('is a map that came in force after the verdict', () => {
    const decision = decided({ state: trustedState({ epoch: 2 }), verdict: verdict({ epoch: 1 }) });
    expect(decision).toMatchObject({ executed: false, next: 'ask' });
    expect(decision.reasons[0]).toMatchObject({
      ...{ code: 'epoch', message: 'the verdict is about epoch 1, and epoch 2 is in force now' },
    });
  });

  it('is never less than the verdict: notify stays notify', () => {
    expect(decided({ verdict: verdict({ scope: 'notify' }) })).toMatchObject({ scope: 'notify', next: 'actAndNotify' });
  });

  it('is an effect of our own that brought the job about, and nobody is asked about it', () => {
    const decision = decided({ ownEffect: true });
    expect(decision).toMatchObject({ executed: false, next: 'withhold', asks: null, cost: 0, foldable: true });
    expect(decision.reasons[0]?.code).toBe('ownEffect');
  });

  it('is a freeze, about which nobody is asked', () => {
    const frozen = verdictOf(trustedState(), { frozen: true });
    expect(decided({ verdict: frozen })).toMatchObject({ executed: false, next: 'withhold', asks: null });
  });

  it('changes nothing about a job that calls for nothing', () => {
    expect(decided({ q: 0.1, state: learning })).toMatchObject({ next: 'nothing', cost: 0, asks: null });
  });
});

describe('a late decision', () => {
  const late = (change: Parameters<typeof decideInput>[0]) => decided(change);
  const ago = (seconds: number) => ({ ...JOB, submittedAt: submitted(seconds) });

  it.each([
    ['started', { started: true }],
    ['its label known', { labelKnown: true }],
    ['submitted T + 1 s ago', { job: ago(301) }],
  ])('of a job %s runs nothing, reserves nothing, asks nobody and teaches nothing', (_, change) => {
    for (const q of [0.05, 0.6, 0.95]) {
      const decision = late({ q, draw: () => 0, ...change });
      expect(decision).toMatchObject({
        next: 'late',
        executed: false,
        foldable: false,
        cost: 0,
        asks: null,
        paper: [],
      });
      expect(decision.reasons[0]?.code).toBe('late');
    }
  });

  it('is not late exactly at submit + T', () => {
    expect(late({ job: ago(300) })).toMatchObject({ next: 'act', foldable: true });
  });

  it.each([
    [DAY, 'act'],
    [DAY + 1, 'late'],
  ])('submitted %s s ago with a T of a day is to %s', (seconds, next) => {
    const decision = late({ config: configOf({ longWaitSeconds: DAY }), job: ago(seconds) });
    expect(decision.next).toBe(next);
    expect(codes(decision).includes('tooOld')).toBe(seconds > DAY);
  });

  it.each([
    [-300, 'act'],
    [-301, 'withhold'],
  ])('submitted %s s ago, in the future, is to %s', (seconds, next) => {
    expect(late({ job: ago(seconds) })).toMatchObject({ next, asks: null });
  });
});

describe('what is said with a decision', () => {
  it('is the sentence operators know, and what an annotation says', () => {
    const decision = decided({ q: 0.35, waitSeconds: 240 });
    expect(decision.statement).toBe('Job will start in 4 minutes');
    expect(decision.arguments).toEqual({ ...JOB, action: 'annotate', text: 'Job will start in 4 minutes' });
    expect(decision.argumentsHash).toBe(
      argumentsHash({ ...JOB, action: 'annotate', text: 'Job will start in 4 minutes' }),
    );
  });

  it('is no part of an intervention, whose hash an approval pins', () => {
    expect(decided({ q: 0.95 }).arguments).toEqual({ ...JOB, action: 'hold' });
    const { asks } = decided({ q: 0.95, state: learning });
    expect(asks?.argumentsHash).toBe(argumentsHash({ ...JOB, action: 'hold' }));
  });

  it('says neutrally that a cluster is learning, and otherwise that it is unreliable', () => {
    expect(decided({ q: 0.35, state: learning }).statement).toContain('still learning');
    const bad = trustedState({ evaluation: evaluation({ ece: 0.2 }) });
    expect(decided({ q: 0.35, state: bad }).statement).toBe('Prediction unreliable for this environment');
  });

  it('names a tier for people', () => {
    expect([0, 1, 2, 3, 4].map(tierName)).toEqual(['nothing', 'annotate', 'warn', 'suggest', 'gate']);
  });
});
