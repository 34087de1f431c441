import { describe, expect, it } from 'vitest';
import { CLUSTERS_PER_RUN as PAGE } from '../../../functions/domain/thresholds.ts';
import { definitions, type State } from '../../asl/definitions.ts';
import { runMachine } from '../../fixtures/checked-in-machine.ts';

/** Where AWS ends an execution. */
const MOST_EVENTS = 25_000;
const IDS = Array.from({ length: 2_000 }, (_, i) => `invented-${String(i).padStart(4, '0')}`);

/** A monitor of 2,000 clusters; pages start each other, one after the other here. */
async function visitAll(fold: (clusterId: string) => Promise<object>, startsNext = true) {
  const runs: Awaited<ReturnType<typeof runMachine>>[] = [];
  const waiting: { after?: string }[] = [{}];
  for (let input = waiting.shift(); input !== undefined; input = waiting.shift()) {
    const run = await runMachine(
      'drift-monitor',
      {
        ListClusters: async (event) => {
          const { after = '' } = event as { after?: string };
          const ids = IDS.filter((id) => id > after);
          const page = ids.slice(0, PAGE);
          return { clusters: page.map((clusterId) => ({ clusterId })), next: ids.length > PAGE ? page.at(-1) : null };
        },
        FoldCluster: (event) => fold((event as { clusterId: string }).clusterId),
        ReportFailures: async () => ({ told: [] }),
        'states:startExecution': async (call) => {
          if (!startsNext) throw Object.assign(new Error('no'), { name: 'Sfn.ServiceException' });
          waiting.push((call as { Input: { after: string } }).Input);
          return {};
        },
      },
      input,
    );
    runs.push(run);
  }
  return runs;
}

const folded = (clusterId: string) => ({ clusterId, changed: false, recalibrate: false, folded: 1, unreadable: 0 });

describe('a monitor of 2,000 clusters', () => {
  it('visits each once, by executions whose histories stay far below the limit', async () => {
    const visited: string[] = [];
    const runs = await visitAll(async (clusterId) => {
      visited.push(clusterId);
      return folded(clusterId);
    });
    expect(visited.sort()).toEqual(IDS);
    expect(runs.map(({ status }) => status)).toEqual(Array(20).fill('SUCCEEDED'));
    expect(Math.max(...runs.map(({ events }) => events))).toBeLessThan(MOST_EVENTS / 10);
  });

  it('visits all others where some clusters always fail, and fails by their names', async () => {
    const visited: string[] = [];
    const isBad = (id: string) => id.endsWith('7');
    const runs = await visitAll(async (clusterId) => {
      if (isBad(clusterId)) throw Object.assign(new Error('bad'), { name: 'UnreadableState' });
      visited.push(clusterId);
      return folded(clusterId);
    });
    expect(visited.sort()).toEqual(IDS.filter((id) => !isBad(id)));
    expect(runs.map(({ error }) => error)).toEqual(Array(20).fill('ClusterNotFolded'));
  });

  it('visits its page and fails where the next page cannot be started', async () => {
    const visited: string[] = [];
    const [run, ...others] = await visitAll(async (clusterId) => {
      visited.push(clusterId);
      return folded(clusterId);
    }, false);
    expect(others).toEqual([]);
    expect(visited).toHaveLength(PAGE);
    expect(run).toMatchObject({ status: 'FAILED', error: 'ClusterNotFolded' });
    expect(run?.cause).toContain('next page not started: Sfn.ServiceException');
    expect(run?.passed.at(-1)).toBe('RaiseFailure');
  });
});

it('a page stays below half the limit, even if every task of every visit is retried to the end', () => {
  const monitor = definitions.find(({ name }) => name === 'drift-monitor');
  const visit = Object.values(monitor?.machine.States.FoldClusters?.ItemProcessor?.States ?? {});
  const attempts = ({ Retry = [] }: State) => Retry.reduce((sum, retry) => sum + Number(retry.MaxAttempts), 1);
  // Entered and exited; a task is also scheduled, started and ended at each attempt. An iteration starts and ends.
  const events = visit.reduce((sum, state) => sum + 2 + (state.Type === 'Task' ? 3 * attempts(state) : 0), 2);
  expect(events).toBeGreaterThan(50);
  expect(PAGE * events).toBeLessThan(MOST_EVENTS / 2);
});
