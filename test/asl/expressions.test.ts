import jsonata from 'jsonata';
import { describe, expect, it } from 'vitest';
import { aDecision, aJob, anAnswer, anEffect, aVerdict } from '../fixtures/builders.ts';
import { definitions, expressionsOf } from './definitions.ts';

type Bindings = Record<string, unknown>;

const good: Bindings = {
  job: aJob(),
  verdict: aVerdict(),
  decision: aDecision(),
  step: 'apply',
  question: 'act',
  effect: { ...anEffect(), follows: 'notify', reason: 'frozen' },
  ownEffect: anEffect(),
  approvedEffect: null,
  answer: anAnswer(),
  failure: { Error: 'VgacUnavailable', Cause: 'no answer' },
  observation: null,
  clusterId: 'gpu-a',
  cluster: {
    clusterId: 'gpu-a',
    band: 'degrade',
    previousBand: 'none',
    changed: true,
    drift: 'degrade',
    previousDrift: 'none',
  },
  states: {
    input: {
      error: 'MalformedEvent',
      cause: 'malformed',
      clusterIds: ['gpu-a'],
      clusters: [{ clusterId: 'gpu-a' }],
      next: 'gpu-a',
      clusterId: 'gpu-a',
      changed: true,
      recalibrate: true,
      standing: 'held',
      fitDue: true,
      better: true,
      epoch: 0,
      version: 12,
      afterLabels: 600,
      reason: 'over 600 later labels',
      proof: { n: 600 },
      change: { epoch: 1 },
    },
    result: {
      decision: 'approved',
      Payload: { job: aJob(), clusterId: 'gpu-a', clusterIds: ['gpu-a'], clusters: [], changed: true },
    },
    errorOutput: { Error: 'VgacUnavailable', Cause: 'no answer' },
    context: {
      Execution: { Id: 'arn:execution', Input: { detail: { jobId: '{% $x %}' } }, StartTime: '2026-11-20T08:00:00Z' },
      State: { EnteredTime: '2026-11-20T08:00:00Z' },
      Task: { Token: 'token' },
      Map: { Item: { Value: 'gpu-a', Index: 0 } },
    },
  },
};

const WRONG: unknown[] = [null, undefined, 'autonomous', 7, Number.NaN, true, [], {}, [{ scope: 'autonomous' }]];

const evaluate = (source: string, bindings: Bindings) => jsonata(source).evaluate(undefined, bindings);

/** Every variable in turn replaced by every wrong value, and everything wrong at once. */
const spoiled = WRONG.flatMap((wrong) => [
  ...Object.keys(good).map((name) => ({ ...good, [name]: wrong })),
  Object.fromEntries(Object.keys(good).map((name) => [name, wrong])),
]);

describe.each(definitions)('$name', ({ name, text, states }) => {
  const conditions = states.flatMap(([state, { Choices = [] }]) =>
    Choices.map(({ Condition, Next }) => ({ state, source: Condition.slice(2, -2), Next })),
  );

  it.each(expressionsOf(JSON.parse(text), name))(
    '$path has a value where everything is as it should be',
    async ({ source }) => {
      expect(await evaluate(source, good)).not.toBe(undefined);
    },
  );

  it.each(expressionsOf(JSON.parse(text), name))(
    '$path fails in a way that Catch sees, or has a value, on anything else',
    async ({ source }) => {
      for (const bindings of spoiled) {
        await evaluate(source, bindings).catch((error: { code?: string }) =>
          expect(error.code).toMatch(/^[DST]\d{4}$/),
        );
      }
    },
  );

  it.each(conditions)('$state is a plain true or false whatever it meets: $source', async ({ source }) => {
    for (const bindings of spoiled) expect(await evaluate(source, bindings)).toBeTypeOf('boolean');
  });
});

/** Where a Choice of a machine leads. */
const chooserOf = (machine: string) => async (name: string, bindings: Bindings) => {
  const found = definitions.find((definition) => definition.name === machine)?.states.find(([state]) => state === name);
  const { Choices = [], Default } = found?.[1] ?? {};
  for (const { Condition, Next } of Choices) if (await evaluate(Condition.slice(2, -2), bindings)) return Next;
  return Default;
};

describe('recalibration', () => {
  const choose = chooserOf('recalibration');
  const given = (input: unknown) => ({ states: { input } });

  it.each(WRONG)('promotes nothing when the proof is %o', async (better) => {
    expect(await choose('IsBetter?', given({ better }))).toBe(better === true ? 'PromoteRefit' : 'RejectRefit');
  });

  it.each([
    [{ standing: 'worse', fitDue: true }, 'RollBackRefit'],
    [{ standing: 'worse', fitDue: false }, 'RollBackRefit'],
    [{ standing: 'watching', fitDue: true }, 'RefitModel'],
    [{ standing: 'watching', fitDue: false }, 'LeaveModel'],
    [{ standing: 'held', fitDue: false }, 'LeaveModel'],
    [{ standing: null, fitDue: 'true' }, 'LeaveModel'],
  ])('after a look that says %j goes to %s', async (look, next) => {
    expect(await choose('HasHeld?', given(look))).toBe(next);
  });

  it.each([[{ change: null }, 'LeaveModel'] as const, [{ change: { epoch: 1 } }, 'AnnounceRefit'] as const])(
    'tells of %j by way of %s',
    async (input, next) => {
      expect(await choose('HasChanged?', given(input))).toBe(next);
    },
  );
});

describe('drift-monitor', () => {
  it.each(WRONG)('starts no recalibration when it is said to be due by %o', async (recalibrate) => {
    const next = await chooserOf('drift-monitor')('NeedsRecalibration?', { states: { input: { recalibrate } } });
    expect(next).toBe(recalibrate === true ? 'StartRecalibration' : 'LeaveCluster');
  });
});

describe('job-workflow', () => {
  const machine = definitions.find(({ name }) => name === 'job-workflow')?.machine;
  const choose = chooserOf('job-workflow');

  it.each(WRONG)('predicts in shadow when the verdict is %o', async (verdict) => {
    expect(await choose('HowReliable?', { ...good, verdict })).toBe('PredictInShadow');
  });

  it.each(WRONG)('predicts in shadow when the score is %o', async (score) => {
    if (typeof score === 'number' && score > 0.6) return;
    expect(await choose('HowReliable?', { ...good, verdict: { ...aVerdict(), score } })).toBe('PredictInShadow');
  });

  it.each(WRONG)('does nothing when the decision is %o', async (decision) => {
    expect(await choose('MayAct?', { ...good, decision })).toBe('RecordOutcome');
  });

  it.each(WRONG)('does not act on an answer that is %o', async (answer) => {
    expect(await choose('WasApproved?', { ...good, answer })).toBe('RecordOutcome');
  });

  it.each(['denied', 'expired', 'void', undefined, null, 7])(
    'releases a hold when the answer is %s',
    async (decision) => {
      expect(await choose('WasApproved?', { ...good, question: 'keep', answer: { decision } })).toBe('Act');
    },
  );

  it('quarantines only what AdmitJob refused: whatever else it dies of fails the execution, which closes its row', () => {
    const ways = machine?.States.AdmitJob?.Catch?.map(({ ErrorEquals, Next }) => [
      ErrorEquals,
      machine.States[Next]?.Type,
      Next,
    ]);
    expect(ways).toEqual([
      [['AlreadyAdmitted'], 'Succeed', 'AlreadyAdmitted'],
      [['MalformedEvent'], 'Task', 'Quarantine'],
      [['States.ALL'], 'Fail', 'NotAdmitted'],
    ]);
  });

  it('takes at most nine transitions on the autonomous path', async () => {
    const bindings = { ...good, effect: { ...anEffect(), follows: 'close' } };
    const path: string[] = [];
    for (let at = machine?.StartAt; at; ) {
      path.push(at);
      const state = machine?.States[at];
      at = state?.Type === 'Choice' ? await choose(at, bindings) : state?.Next;
    }
    expect(path).toContain('Act');
    expect(path.at(-1)).toBe('RecordOutcome');
    expect(path.length).toBeLessThanOrEqual(9);
  });
});
