import { describe, expect, it } from 'vitest';
import { Executions } from '../../../infra/console/executions.ts';
import { ScoreHistory } from '../../../infra/console/history-of-scores.ts';
import { statesOf } from '../../../infra/console/states.ts';
import type { HistoryEvent } from '../../../infra/runtime/engine/history.ts';
import type { Decision } from '../../../schemas/decision.ts';
import type { RowStatus } from '../../../schemas/items/job.ts';
import { aDecided, asksAbout } from '../../unit/domain/figure-rows.ts';

const ARN = 'arn:aws:states:us-east-1:000000000000:execution:vgac-agentic-job-workflow:one';
const submitted = { detail: { clusterId: 'c', jobId: '7' } };

function history(...drafts: (Omit<HistoryEvent, 'id' | 'previousEventId' | 'timestamp'> & { at?: number })[]) {
  return drafts.map(({ at, ...draft }, index) => ({
    ...draft,
    id: index + 1,
    previousEventId: index,
    timestamp: 1_800_000_000_000 + (at ?? index) * 1000,
  }));
}

describe('the list of executions', () => {
  it('follows an execution from its events', () => {
    const executions = new Executions();
    const events = history(
      { type: 'ExecutionStarted', input: submitted },
      { type: 'TaskStateEntered', name: 'AdmitJob' },
      { type: 'TaskStateExited', name: 'AdmitJob' },
      { type: 'TaskStateEntered', name: 'RecordOutcome' },
      { type: 'TaskStateExited', name: 'RecordOutcome', output: { status: 'withheld', reasons: [] } },
      { type: 'ExecutionSucceeded' },
    );
    for (const event of events.slice(0, 2)) executions.observe(ARN, event);
    expect(executions.get(ARN)).toMatchObject({ status: 'RUNNING', path: ['AdmitJob'], clusterId: 'c', jobId: '7' });
    expect(executions.anyAtWork()).toBe(true);
    for (const event of events.slice(2)) executions.observe(ARN, event);
    expect(executions.get(ARN)).toMatchObject({ status: 'SUCCEEDED', result: 'withheld' });
    expect(executions.anyAtWork()).toBe(false);
    expect(executions.arnOf('one')).toBe(ARN);
  });

  it('names no cluster that it cannot trust', () => {
    const executions = new Executions();
    const [started] = history({ type: 'ExecutionStarted', input: { detail: { clusterId: '{% $x %}', jobId: '7' } } });
    if (started) executions.observe(ARN, started);
    expect(executions.get(ARN)).toMatchObject({ clusterId: null, jobId: null });
  });

  it.each([
    ['its answer', { type: 'TaskStateExited', name: 'RequestApproval' } as const],
    ['the end of the execution', { type: 'ExecutionAborted' } as const],
  ])('counts an open approval until %s', (_, end) => {
    const executions = new Executions();
    const events = history(
      { type: 'ExecutionStarted', input: submitted },
      { type: 'TaskStateEntered', name: 'RequestApproval' },
      end,
    );
    for (const event of events.slice(0, 2)) executions.observe(ARN, event);
    expect(executions.tally).toMatchObject({ jobs: 1, openApprovals: 1 });
    // Waiting for people is not work: a run may end meanwhile.
    expect(executions.anyAtWork()).toBe(false);
    for (const event of events.slice(2)) executions.observe(ARN, event);
    expect(executions.tally).toMatchObject({ jobs: 1, openApprovals: 0 });
  });

  const decided = (over: Partial<Decision>, status?: RowStatus): Parameters<typeof history> => [
    { type: 'TaskStateEntered' as const, name: 'PredictInShadow' },
    { type: 'TaskStateExited' as const, name: 'PredictInShadow', output: JSON.parse(JSON.stringify(aDecided(over))) },
    ...(status === undefined
      ? []
      : [{ type: 'TaskStateExited' as const, name: 'RecordOutcome', output: { status, reasons: [] } }]),
  ];
  /** A job in a cluster, from its submission on. */
  const follow = (executions: Executions, name: string, more: Parameters<typeof history>) => {
    const input = { detail: { clusterId: name.startsWith('b') ? 'b' : 'c', jobId: name } };
    for (const event of history({ type: 'ExecutionStarted', input }, ...more)) {
      executions.observe(ARN.replace('one', name), event);
    }
  };

  it('counts what becomes of every job as it goes on, in all and by cluster', () => {
    const seen: string[] = [];
    const executions = new Executions(({ row }) => seen.push(row.part ?? ''));
    follow(executions, '1', []);
    expect(executions.tally.figures).toMatchObject({ jobs: 1, parts: { undecided: 1 } });
    follow(executions, '2', decided({ next: 'act', called: 3, tier: 2, asks: asksAbout(3) }));
    follow(executions, '3', decided({ next: 'act' }, 'refused'));
    follow(executions, 'b4', decided({ next: 'nothing', called: 0, tier: 0 }, 'nothingNeeded'));
    follow(executions, 'b5', [...decided({ next: 'act' }), { type: 'ExecutionFailed' as const }]);
    follow(executions, 'b6', [{ type: 'ExecutionFailed' as const }]);
    follow(executions, '7', [{ type: 'TaskStateEntered' as const, name: 'AlreadyAdmitted' }]);
    follow(executions, '8', [{ type: 'TaskStateEntered' as const, name: 'Quarantine' }]);
    const { jobs, figures } = executions.tally;
    expect(jobs).toBe(8);
    expect(figures).toMatchObject({
      ...{ jobs: 6, alsoAsked: 1 },
      parts: { undecided: 1, acted: 1, withheld: 1, nothingNeeded: 1, failed: 2, asked: 0 },
    });
    expect(figures.byTier.map(({ called, acted }) => [called, acted])).toEqual([
      [2, 0],
      [0, 1],
      [1, 0],
      [0, 0],
    ]);
    expect(executions.figuresOf('b')).toMatchObject({ jobs: 3, parts: { failed: 2, nothingNeeded: 1 } });
    expect(executions.figuresOf('unheard-of').jobs).toBe(0);
    expect(seen).toEqual(['acted', 'acted', 'nothingNeeded', 'acted']);
    expect(executions.get(ARN.replace('one', '2'))).toMatchObject({ called: 3, tier: 2, asked: true, part: 'acted' });
  });

  it('keeps the counts of executions whose rows gave way', () => {
    const executions = new Executions(undefined, 2);
    for (let i = 0; i < 10; i++) {
      follow(executions, String(i), [...decided({ next: 'act' }, 'acted'), { type: 'ExecutionSucceeded' as const }]);
    }
    expect(executions.tally.figures).toMatchObject({ jobs: 10, parts: { acted: 10 } });
  });

  it('filters by cluster, part and status, newest first', () => {
    const executions = new Executions();
    for (const name of ['a', 'b']) {
      const events = history(
        { type: 'ExecutionStarted', input: { detail: { clusterId: name, jobId: name } } },
        ...(name === 'a' ? [{ type: 'ExecutionFailed' as const }] : []),
      );
      for (const event of events) executions.observe(ARN.replace('one', name), event);
    }
    const names = (filter: { cluster?: string; part?: string; status?: string }) =>
      executions.list({ ...filter, limit: 10 }).rows.map(({ name }) => name);
    expect(names({})).toEqual(['b', 'a']);
    expect(names({ cluster: 'a' })).toEqual(['a']);
    expect(names({ status: 'FAILED' })).toEqual(['a']);
    expect(names({ status: 'RUNNING' })).toEqual(['b']);
    expect(names({ part: 'failed' })).toEqual(['a']);
    expect(names({ part: 'acted' })).toEqual([]);
    expect(executions.list({ limit: 1 })).toMatchObject({ total: 2, clusters: ['a', 'b'] });
  });
});

describe('the states of an execution', () => {
  it('has input, output and assigned variables of each, and retries and failures in words', () => {
    const states = statesOf(
      history(
        { type: 'ExecutionStarted', input: submitted },
        { type: 'TaskStateEntered', name: 'Observe', input: { a: 1 } },
        { type: 'TaskScheduled' },
        { type: 'TaskFailed', error: 'VgacUnavailable', cause: 'no answer' },
        { type: 'TaskScheduled' },
        { type: 'TaskStateExited', name: 'Observe', output: { b: 2 }, assignedVariables: { observation: 3 } },
        { type: 'FailStateEntered', name: 'NotRecorded', input: {} },
        { type: 'ExecutionFailed', error: 'X' },
      ),
    );
    expect(states).toMatchObject([
      { name: 'Observe', type: 'Task', input: { a: 1 }, output: { b: 2 }, variables: { observation: 3 } },
      { name: 'NotRecorded', type: 'Fail' },
    ]);
    expect(states[0]?.notes).toEqual(['VgacUnavailable: no answer', expect.stringMatching(/^attempt 2 at /)]);
    expect(states[1]?.leftAt).not.toBeNull();
  });

  it('says that an open state waits for the answer to its token', () => {
    const events = history(
      { type: 'ExecutionStarted', input: submitted },
      { type: 'TaskStateEntered', name: 'RequestApproval' },
      { type: 'TaskSubmitted' },
    );
    expect(statesOf(events)[0]).toMatchObject({ leftAt: null, notes: ['waiting for the answer to its task token'] });
  });
});

describe('the history of scores', () => {
  it('stays bounded and keeps the ends of a long run', () => {
    const scores = new ScoreHistory();
    for (let index = 0; index < 10_000; index++) {
      scores.add('c', { at: String(index), score: 1, scope: 'notify' });
    }
    const points = scores.of('c');
    expect(points.length).toBeLessThanOrEqual(400);
    expect(points[0]?.at).toBe('0');
    expect(Number(points.at(-1)?.at)).toBeGreaterThan(9_900);
  });

  it('never thins out a change of scope', () => {
    const scores = new ScoreHistory();
    for (let index = 0; index < 900; index++) scores.add('c', { at: String(index), score: 1, scope: 'notify' });
    scores.add('c', { at: 'changed', score: 0.1, scope: 'escalate' });
    expect(scores.of('c').at(-1)?.at).toBe('changed');
  });
});
