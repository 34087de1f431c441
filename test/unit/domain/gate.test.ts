import { describe, expect, it } from 'vitest';
import { pushBit } from '../../../functions/domain/calibration/rings.ts';
import { type CalibrationState, initialState } from '../../../functions/domain/calibration/state.ts';
import { decide, propose, withRefusedReservation } from '../../../functions/domain/gate.ts';
import { argumentsHash, decisionId } from '../../../functions/domain/ids.ts';
import { Decision } from '../../../schemas/decision.ts';
import { configOf, decideInput, estimate, NOW, trustedState, verdictOf } from './builders.ts';

const DAY = 86_400;
const JOB = { clusterId: 'c1', jobId: 'j1' };
const submitted = (secondsAgo: number) => new Date(NOW.getTime() - secondsAgo * 1000).toISOString();
const codes = (decision: Decision) => decision.reasons.map(({ code }) => code);
const outcomeOf = ({ scope, next, executed, tier, kind }: Decision) => ({ scope, next, executed, tier, kind });

function withHarms(kind: 'statement' | 'intervention', ones: number, size: number): CalibrationState {
  const fresh = initialState();
  const state = trustedState();
  for (let i = 0; i < size; i++) pushBit(fresh.harms[kind], i < ones ? 1 : 0);
  return { ...state, harms: { ...state.harms, [kind]: fresh.harms[kind] } };
}

describe('the proposal', () => {
  it.each([
    [0, 0, null],
    [0.2999, 0, null],
    [0.3, 1, 'annotate'],
    [0.4999, 1, 'annotate'],
    [0.5, 2, 'warn'],
    [0.6999, 2, 'warn'],
    [0.7, 3, 'requeue'],
    [0.8999, 3, 'requeue'],
    [0.9, 4, 'hold'],
    [1, 4, 'hold'],
  ])('at q = %s is tier %s', (q, tier, action) => {
    const proposal = propose(q, configOf(), JOB);
    expect(proposal).toMatchObject({ tier, kind: tier >= 3 ? 'intervention' : 'statement' });
    expect(proposal.arguments?.action ?? null).toBe(action);
  });

  it.each([null, Number.NaN])('without a probability (%s) is nothing above tier 1', (q) => {
    expect(propose(q, configOf(), JOB).tier).toBe(1);
    expect(propose(q, configOf({ actions: {} }), JOB).tier).toBe(0);
  });

  it('takes the next configured tier below one that is not configured', () => {
    const config = configOf({ actions: { annotate: { action: 'annotate' } } });
    expect(propose(0.95, config, JOB).tier).toBe(1);
  });

  it('lets an event choose among the configured suggestions, and only among those', () => {
    const suggest = (proposedAction?: string, q = 0.75) => propose(q, configOf(), { ...JOB, proposedAction }).arguments;
    expect(suggest('adjust-priority')).toEqual({ ...JOB, action: 'adjust-priority', target: '+100' });
    expect(suggest('requeue')).toEqual({ ...JOB, action: 'requeue', target: 'batch' });
    expect(suggest('delete-everything')).toEqual({ ...JOB, action: 'requeue', target: 'batch' });
    expect(suggest('__proto__')?.action).toBe('requeue');
    expect(suggest('adjust-priority', 0.95)?.action).toBe('hold');
    expect(suggest('hold', 0.75)?.action).toBe('requeue');
  });
});

describe('a map that went in force after the verdict', () => {
  it("is a human's: the verdict says nothing about the q that it serves", () => {
    const state = trustedState({ epoch: 2 });
    const decision = decide(decideInput({ q: 0.01, state, verdict: { ...verdictOf(state), epoch: 1 } }));
    expect(outcomeOf(decision)).toMatchObject({ scope: 'escalate', executed: false });
    expect(decision.reasons[0]).toMatchObject({
      code: 'epoch',
      message: 'the verdict is about epoch 1, and epoch 2 is in force now',
    });
    expect(codes(decide(decideInput({ q: 0.01, state })))).toEqual([]);
  });
});

describe('a decision', () => {
  it.each([
    [0.05, { scope: 'autonomous', next: 'nothing', executed: true, tier: 0, kind: 'statement' }],
    [0.95, { scope: 'autonomous', next: 'act', executed: true, tier: 4, kind: 'intervention' }],
  ])('at q = %s stands alone when nothing holds it back', (q, expected) => {
    const decision = Decision.parse(decide(decideInput({ q })));
    expect(outcomeOf(decision)).toEqual(expected);
    expect(decision).toMatchObject({ late: false, holdout: false, foldable: true, reasons: [] });
    expect(decision.decisionId).toBe(decisionId({ clusterId: 'c1', jobId: 'j1', submittedAt: NOW.toISOString() }));
  });

  it('acts and notifies where the evidence says so', () => {
    const state = trustedState({ recent: estimate({ ece: 0.04 }), tau: 0.4 });
    const decision = decide(decideInput({ q: 0.65, state }));
    expect(outcomeOf(decision)).toEqual({
      scope: 'notify',
      next: 'actAndNotify',
      executed: true,
      tier: 2,
      kind: 'statement',
    });
    expect(codes(decision)).toEqual(['score']);
  });

  it('withholds a statement and asks about an intervention where the cluster is not reliable', () => {
    const state = trustedState({ hold: 12 });
    expect(decide(decideInput({ q: 0.05, state }))).toMatchObject({
      next: 'withhold',
      scope: 'escalate',
      executed: false,
    });
    expect(decide(decideInput({ q: 0.95, state }))).toMatchObject({ next: 'ask', scope: 'escalate', executed: false });
  });

  it('is never better than the verdict it was given, nor than the state it finds', () => {
    const notify = { ...verdictOf(trustedState()), scope: 'notify' as const };
    expect(decide(decideInput({ verdict: notify })).scope).toBe('notify');
    const noTier = { ...verdictOf(trustedState()), earnedTier: 1 };
    expect(decide(decideInput({ verdict: noTier })).scope).toBe('escalate');
    const good = verdictOf(trustedState());
    expect(decide(decideInput({ verdict: good, state: null })).reasons[0]?.code).toBe('unreadable');
    expect(decide(decideInput({ verdict: null })).reasons[0]?.code).toBe('noVerdict');
  });

  it.each([
    ['statement', 0.05, 0.99, 0, 'escalate'],
    ['statement', 0.05, 1, 0, 'autonomous'],
    ['statement', 0.05, 4.99, 4, 'escalate'],
    ['statement', 0.05, 5, 4, 'autonomous'],
    ['statement', 0.05, Number.NaN, 0, 'escalate'],
    ['intervention', 0.95, 0.99, 0, 'escalate'],
    ['intervention', 0.95, 1, 0, 'autonomous'],
    ['intervention', 0.95, 2.5, 2, 'escalate'],
  ] as const)('of a %s at q = %s with %s tokens and %s in flight is %s', (kind, q, tokens, inFlight, scope) => {
    const budget = { statement: 10, intervention: 3, [kind]: tokens };
    const state = trustedState({ tokens: budget });
    const flights = { statement: 0, intervention: 0, [kind]: inFlight };
    const verdict = verdictOf(trustedState());
    expect(decide(decideInput({ q, state, inFlight: flights, verdict })).scope).toBe(scope);
  });

  it('says how many tokens are left, never rounding up to the one that is needed', () => {
    const state = trustedState({ tokens: { statement: 3.99, intervention: 3 } });
    const { reasons } = decide(decideInput({ q: 0.05, state, inFlight: { statement: 3, intervention: 0 } }));
    expect(reasons[0]?.message).toBe(
      '0.9 of 10 harm tokens left for statements beside 3 in flight; 1 is needed, and 0.5 a day come back',
    );
  });

  it('projects tokens to now', () => {
    const state = trustedState({ tokens: { statement: 0.6, intervention: 3 } });
    const aged = { ...state, lastTime: NOW.getTime() / 1000 - DAY };
    expect(decide(decideInput({ q: 0.05, state })).scope).toBe('escalate');
    expect(decide(decideInput({ q: 0.05, state: aged })).scope).toBe('autonomous');
  });

  it.each([
    ['statement', 0.05, 19, 19, 'autonomous'],
    ['statement', 0.05, 2, 20, 'autonomous'],
    ['statement', 0.05, 3, 20, 'escalate'],
    ['statement', 0.05, 5, 50, 'autonomous'],
    ['statement', 0.05, 6, 50, 'escalate'],
    ['intervention', 0.95, 0, 19, 'escalate'],
    ['intervention', 0.95, 0, 20, 'autonomous'],
    ['intervention', 0.95, 3, 20, 'escalate'],
  ] as const)('of a %s at q = %s with %s wrong of the last %s is %s', (kind, q, ones, size, scope) => {
    expect(decide(decideInput({ q, state: withHarms(kind, ones, size) })).scope).toBe(scope);
  });

  it('says how many untouched jobs an intervention still needs', () => {
    const { reasons } = decide(decideInput({ state: withHarms('intervention', 0, 12) }));
    expect(reasons[0]?.message).toBe(
      'needs 8 more jobs left alone that looked likely to wait long (q of 0.7 or more): 12 of 20',
    );
  });

  it.each([
    [0.2, 'autonomous'],
    [0.2001, 'escalate'],
    [0.8, 'autonomous'],
    [0.7999, 'escalate'],
  ])('at q = %s and tau = .20 is %s', (q, scope) => {
    const actions = { annotate: { action: 'annotate' } };
    expect(decide(decideInput({ q, config: configOf({ actions }) })).scope).toBe(scope);
  });

  it.each([null, Number.NaN, -0.1, 1.1])('without a usable probability (%s) is withheld', (q) => {
    const decision = decide(decideInput({ q }));
    expect(decision).toMatchObject({ tier: 1, next: 'withhold', executed: false });
    expect(codes(decision)).toEqual(['noProbability']);
  });

  it.each([
    ['statement', 0.05, 9, 'autonomous'],
    ['statement', 0.05, 10, 'escalate'],
    ['intervention', 0.95, 2, 'autonomous'],
    ['intervention', 0.95, 3, 'escalate'],
  ] as const)('of a %s at q = %s with %s in flight is %s', (kind, q, inFlight, scope) => {
    const state = trustedState({ tokens: { statement: 20, intervention: 5 } });
    const flights = { statement: 0, intervention: 0, [kind]: inFlight };
    expect(decide(decideInput({ q, state, inFlight: flights })).scope).toBe(scope);
  });

  it.each([
    [0.95, 0.03, 'autonomous'],
    [0.95, 0.0301, 'escalate'],
    [0.85, 0.05, 'autonomous'],
    [0.85, 0.0501, 'escalate'],
    [0.65, 0.07, 'autonomous'],
    [0.65, 0.0701, 'escalate'],
    [0.35, 0.1, 'autonomous'],
    [0.35, 0.1001, 'escalate'],
    [0.05, 0.5, 'autonomous'],
  ])('at q = %s with an upper bound of ECE of %s is %s', (q, upper, scope) => {
    const state = trustedState({ whole: estimate({ n: 300, ece: 0.01, upper }), tau: 0.5 });
    const decision = decide(decideInput({ q, state }));
    expect(decision.scope).toBe(scope);
    expect(codes(decision)).toEqual(scope === 'escalate' ? ['tier'] : []);
  });

  it('says how many outcomes a tier still needs', () => {
    const state = trustedState({ whole: estimate({ n: 200, ece: 0.02, upper: 0.061 }) });
    const { reasons } = decide(decideInput({ q: 0.85, state }));
    expect(reasons[0]?.message).toBe('suggest needs about 180 more outcomes');
  });

  it('says what bound a tier needs where more outcomes alone will not do, and what an alarm costs', () => {
    const wrong = trustedState({ whole: estimate({ ece: 0.06, upper: 0.083 }) });
    expect(decide(decideInput({ q: 0.85, state: wrong })).reasons[0]?.message).toBe(
      'suggest needs an upper bound of ECE of at most 0.05; it is 0.083',
    );
    const cautious = trustedState({ caution: 120 });
    expect(decide(decideInput({ state: cautious })).reasons[0]?.message).toBe(
      'gate needs 120 more labels without an alarm of calibration',
    );
  });

  it.each([
    ['cooling down', { coolingDown: true, usedThisHour: 0 }, ['cooldown']],
    ['at 59 of 60 actions', { coolingDown: false, usedThisHour: 59 }, []],
    ['at 60 of 60 actions', { coolingDown: false, usedThisHour: 60 }, ['rate']],
    ['with a count that is none', { coolingDown: false, usedThisHour: Number.NaN }, ['rate']],
    ['irreversible', { coolingDown: false, usedThisHour: 0, irreversible: true }, ['irreversible']],
  ])('of an intervention %s is held back by its limits', (_, limits, expected) => {
    expect(codes(decide(decideInput({ limits })))).toEqual(expected);
  });

  it('of a statement is not held back by cooldown or rate, which are about actions on the scheduler', () => {
    const limits = { coolingDown: true, usedThisHour: 99 };
    expect(decide(decideInput({ q: 0.05, limits })).scope).toBe('autonomous');
  });

  it.each([
    ['an unknown action', { gate: { action: 'delete' } }],
    ['an action of another tier', { warn: { action: 'hold' } }],
    ['an action without its target', { suggest: [{ action: 'requeue' }] }],
    ['a priority that is no signed delta', { suggest: [{ action: 'adjust-priority', target: 'high' }] }],
  ])('never stands on %s in the configuration', (_, actions) => {
    const decision = decide(decideInput({ q: 0.95, config: configOf({ actions }) }));
    expect(decision.executed).toBe(false);
    expect(codes(decision)).toEqual(['misconfigured']);
  });

  it('reports every reason, in order, strictest first', () => {
    const state = trustedState({
      hold: 5,
      tokens: { statement: 0, intervention: 0 },
      tau: 0,
      whole: estimate({ upper: 0.5 }),
      recent: estimate({ ece: 0.04 }),
    });
    const limits = { coolingDown: true, usedThisHour: 0 };
    const decision = decide(decideInput({ state, limits, inFlight: { statement: 0, intervention: 3 } }));
    expect(codes(decision)).toEqual(['probation', 'tokens', 'uncertain', 'inFlight', 'tier', 'cooldown', 'score']);
  });
});

describe('a late decision', () => {
  const late = (change: Parameters<typeof decideInput>[0]) => decide(decideInput(change));

  it.each([
    ['started', { started: true }],
    ['its label known', { labelKnown: true }],
    ['submitted T + 1 s ago', { job: { ...JOB, submittedAt: submitted(301) } }],
    ['submitted at a time that is none', { job: { ...JOB, submittedAt: 'yesterday' } }],
  ])('of a job %s runs nothing and teaches nothing', (_, change) => {
    for (const q of [0.05, 0.95]) {
      expect(late({ q, ...change })).toMatchObject({ late: true, next: 'nothing', executed: false, foldable: false });
    }
  });

  it('keeps its scope, and says first that it is late', () => {
    const decision = late({ started: true });
    expect(decision.scope).toBe('autonomous');
    expect(codes(decision)).toEqual(['late']);
  });

  it('is not late exactly at submit + T', () => {
    expect(late({ job: { ...JOB, submittedAt: submitted(300) } })).toMatchObject({ late: false, foldable: true });
  });

  it.each([
    [DAY, false],
    [DAY + 1, true],
  ])('submitted %s s ago with T of a day: recorded and never acted on is %s', (ago, old) => {
    const config = configOf({ longWaitSeconds: DAY });
    const decision = late({ config, job: { ...JOB, submittedAt: submitted(ago) } });
    expect(codes(decision).includes('tooOld')).toBe(old);
    expect(decision.executed).toBe(!old);
  });

  it.each([
    [-300, true],
    [-301, false],
  ])('submitted %s s ago, in the future, may stand is %s', (ago, stands) => {
    expect(late({ job: { ...JOB, submittedAt: submitted(ago) } }).executed).toBe(stands);
  });
});

describe('the hold-out', () => {
  it('leaves an intervention out on purpose, and never a statement', () => {
    const config = configOf({ holdOut: 0.5 });
    const left = Array.from({ length: 400 }, (_, i) => {
      const job = { clusterId: 'c1', jobId: `job-${i}`, submittedAt: NOW.toISOString() };
      expect(decide(decideInput({ q: 0.05, job, config })).holdout).toBe(false);
      return decide(decideInput({ job, config }));
    }).filter(({ holdout }) => holdout);
    expect(left.length).toBeGreaterThan(150);
    expect(left.length).toBeLessThan(250);
    expect(left[0]).toMatchObject({ scope: 'autonomous', next: 'nothing', executed: false, foldable: true });
    expect(left[0]?.reasons[0]?.code).toBe('holdout');
  });

  it('depends on the salt, stays the same for a retry, and asks where it would have asked', () => {
    const held = (salt: string, change = {}) =>
      Array.from({ length: 64 }, (_, i) => {
        const job = { clusterId: 'c1', jobId: `job-${i}`, submittedAt: NOW.toISOString() };
        return decide(decideInput({ job, config: configOf({ holdOut: 0.5, salt }), ...change })).holdout ? 1 : 0;
      }).join('');
    expect(held('one-salt-of-many-letters')).toBe(held('one-salt-of-many-letters'));
    expect(held('one-salt-of-many-letters')).not.toBe(held('another-salt-of-letters'));
    expect(held('one-salt-of-many-letters', { state: trustedState({ hold: 1 }) })).toBe('0'.repeat(64));
  });
});

describe('a refused reservation', () => {
  it('makes an intervention a question and a statement withheld, for a reason that comes first', () => {
    const asked = withRefusedReservation(decide(decideInput({ q: 0.95 })));
    expect(Decision.parse(asked)).toMatchObject({ scope: 'escalate', next: 'ask', executed: false, foldable: true });
    const actions = { annotate: { action: 'annotate' } };
    const said = decide(decideInput({ q: 0.05, config: configOf({ actions }) }));
    const withheld = withRefusedReservation(said);
    expect(withheld).toMatchObject({
      next: 'withhold',
      executed: false,
      statement: expect.stringContaining('unreliable'),
    });
    expect(withheld.reasons[0]?.code).toBe('reservation');
  });

  it('keeps the hash of an intervention, which an approval pins', () => {
    const decision = decide(decideInput({ q: 0.95 }));
    expect(withRefusedReservation(decision).argumentsHash).toBe(decision.argumentsHash);
  });

  it('changes nothing about a decision that needed none', () => {
    const decision = decide(decideInput({ started: true }));
    expect(withRefusedReservation(decision)).toBe(decision);
  });
});

describe('what is said', () => {
  const said = (state: CalibrationState, change = {}) =>
    decide(decideInput({ q: 0.35, state: { ...state, tau: 0.5 }, ...change }));

  it('is the sentence operators know, and what an annotation says', () => {
    const decision = said(trustedState());
    expect(decision.statement).toBe('Job will start in 4 minutes');
    expect(decision.arguments).toEqual({ ...JOB, action: 'annotate', text: 'Job will start in 4 minutes' });
    expect(decision.argumentsHash).toBe(
      argumentsHash({ ...JOB, action: 'annotate', text: 'Job will start in 4 minutes' }),
    );
  });

  it('gives the tracked uncertainty where people are told too', () => {
    const state = trustedState({ recent: estimate({ ece: 0.04 }), interval: { lo: -0.5, hi: 0.5, up: 0.4 } });
    expect(said(state).statement).toBe('~4 minutes (±2m)');
  });

  it('says when it is withheld, and why', () => {
    expect(said(trustedState({ recent: estimate({ ece: 0.1 }) })).statement).toBe(
      'Prediction unreliable for this environment',
    );
    expect(said(trustedState({ n: 10 })).statement).toContain('still learning');
  });

  it('says that it cannot predict where the bound is beyond use', () => {
    expect(said(trustedState({ interval: { lo: -9, hi: 9, up: 8 } })).statement).toContain('Cannot predict');
  });
});
