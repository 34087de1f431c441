import { describe, expect, it } from 'vitest';
import { arrival, smallCluster } from './small-cluster.ts';

/** One job runs for ten minutes, three wait behind it. */
function queueOfThree() {
  const small = smallCluster();
  for (const jobId of ['front', 'first', 'second', 'third']) small.cluster.submit(arrival(jobId));
  small.runFor(2);
  const waits = () => {
    small.runFor(10_000);
    return ['first', 'second', 'third'].map(small.startedAfter);
  };
  return { ...small, actions: small.cluster.actions, waits };
}

const hold = { decisionId: 'd', jobId: 'first', action: 'hold' } as const;

describe('actions on the simulated cluster', () => {
  it('leaves the queue as it is without any', () => {
    expect(queueOfThree().waits()).toEqual([601, 1_201, 1_801]);
  });

  it('shortens the wait of a job that it moves to an empty queue, and of those behind it', () => {
    const { actions, waits } = queueOfThree();
    actions.apply({ decisionId: 'd', jobId: 'second', action: 'requeue', queue: 'short' });
    expect(waits()).toEqual([601, 2, 1_201]);
  });

  it('lets a job of raised priority overtake', () => {
    const { actions, waits } = queueOfThree();
    actions.apply({ decisionId: 'd', jobId: 'third', action: 'adjust-priority', delta: 1 });
    expect(waits()).toEqual([1_201, 1_801, 601]);
  });

  it('lets the others pass a job of lowered priority', () => {
    const { actions, waits } = queueOfThree();
    actions.apply({ decisionId: 'd', jobId: 'first', action: 'adjust-priority', delta: -1 });
    expect(waits()).toEqual([1_801, 601, 1_201]);
  });

  it('keeps a held job pending until it is released', () => {
    const { actions, waits, runFor, startedAfter } = queueOfThree();
    actions.apply(hold);
    expect(waits()).toEqual([null, 601, 1_201]);
    actions.undo('d');
    runFor(1);
    expect(startedAfter('first')).toBe(10_002);
  });

  it('does not change queueing with a note', () => {
    const { actions, waits, cluster } = queueOfThree();
    actions.apply({ decisionId: 'd', jobId: 'first', action: 'annotate', text: 'will take long' });
    expect(waits()).toEqual([601, 1_201, 1_801]);
    expect(cluster.job('first')?.notes).toEqual([{ decisionId: 'd', text: 'will take long' }]);
  });

  it('puts everything back when an action is undone in time', () => {
    const { actions, waits } = queueOfThree();
    actions.apply({ decisionId: 'd', jobId: 'third', action: 'adjust-priority', delta: 1 });
    actions.undo('d');
    expect(waits()).toEqual([601, 1_201, 1_801]);
  });

  it('takes back its own share of a priority only', () => {
    const { actions, cluster } = queueOfThree();
    actions.apply({ decisionId: 'a', jobId: 'first', action: 'adjust-priority', delta: 5 });
    actions.apply({ decisionId: 'b', jobId: 'first', action: 'adjust-priority', delta: 7 });
    actions.undo('a');
    expect(cluster.job('first')?.priority).toBe(107);
  });

  it.each([
    ['unknown', { ...hold, jobId: 'nobody' }],
    ['late', { ...hold, jobId: 'front' }],
    ['impossible', { decisionId: 'd', jobId: 'first', action: 'requeue', queue: 'tiny' } as const],
    ['impossible', { decisionId: 'd', jobId: 'first', action: 'requeue', queue: 'nowhere' } as const],
  ])('refuses what is %s, and changes nothing', (kind, request) => {
    const { actions, waits } = queueOfThree();
    expect(() => actions.apply(request)).toThrow(expect.objectContaining({ name: 'ActionRefused', kind }));
    expect(actions.find('d')).toBeNull();
    expect(waits()).toEqual([601, 1_201, 1_801]);
  });

  it('refuses to undo what it does not know', () => {
    expect(() => queueOfThree().actions.undo('x')).toThrow(expect.objectContaining({ kind: 'unknown' }));
  });

  it('knows whose queueing was changed and how, notes left out, and says nothing of what was taken back', () => {
    const { actions } = queueOfThree();
    actions.apply({ decisionId: 'a', jobId: 'first', action: 'annotate', text: 'will take long' });
    actions.apply({ decisionId: 'b', jobId: 'second', action: 'requeue', queue: 'short' });
    actions.apply({ decisionId: 'c', jobId: 'third', action: 'adjust-priority', delta: -1 });
    expect([...actions.touched()]).toEqual(['second', 'third']);
    actions.undo('c');
    expect([...actions.touched()]).toEqual(['second', 'third']);
    expect(['first', 'second', 'third'].map((jobId) => actions.changeOf(jobId))).toEqual([
      null,
      'moved to short',
      null,
    ]);
  });
});
