import { describe, expect, it } from 'vitest';
import { MonitorWatch } from '../../../../infra/cli/start/monitor-watch.ts';

const START = Date.parse('2026-11-20T08:00:00Z');
const MONITOR = 'vgac-agentic-drift-monitor';

function watched(clockKind: 'real' | 'simulated' = 'real') {
  const said: string[] = [];
  const watch = new MonitorWatch(({ tone, text }) => said.push(`${tone}: ${text}`), START, clockKind);
  const at = (minutes: number) => START + minutes * 60_000;
  const event = (
    type: 'ExecutionStarted' | 'ExecutionSucceeded' | 'ExecutionFailed' | 'ExecutionTimedOut',
    minutes: number,
  ) => {
    const why = type === 'ExecutionFailed' && { error: 'ClusterNotFolded', cause: '[{"clusterId":"c1"}]' };
    watch.observe(MONITOR, { type, timestamp: at(minutes), ...why });
  };
  return { said, watch, at, event };
}

describe('the watch over the drift monitor', () => {
  it('says once that it failed and why, and once that it is well again', () => {
    const { said, event } = watched();
    for (const minutes of [5, 10, 15]) {
      event('ExecutionStarted', minutes);
      event('ExecutionFailed', minutes + 1);
    }
    for (const minutes of [20, 25]) {
      event('ExecutionStarted', minutes);
      event('ExecutionSucceeded', minutes + 1);
    }
    expect(said).toEqual([
      'bad: the drift monitor failed (ClusterNotFolded: [{"clusterId":"c1"}]): it tries again within 5 minutes; what it could not visit stops acting',
      'good: the drift monitor has visited every cluster again',
    ]);
  });

  it('misses no run on a simulated clock, but says there too that one failed', () => {
    const { said, watch, at, event } = watched('simulated');
    event('ExecutionStarted', 5);
    watch.look(at(60));
    event('ExecutionFailed', 61);
    expect(said).toEqual([expect.stringContaining('bad: the drift monitor failed (ClusterNotFolded')]);
  });

  it('says that it does not run, whether something else happens or nothing', () => {
    const { said, watch, at, event } = watched();
    event('ExecutionStarted', 5);
    event('ExecutionSucceeded', 5);
    watch.look(at(20));
    expect(said).toEqual([]);
    watch.observe('vgac-agentic-job-workflow', { type: 'ExecutionStarted', timestamp: at(21) });
    watch.look(at(40));
    expect(said).toEqual([
      'bad: the drift monitor has not run for 16 minutes: labels come late, and evidence grows stale',
    ]);
    event('ExecutionStarted', 41);
    event('ExecutionTimedOut', 101);
    expect(said.at(-1)).toMatch(/^bad: the drift monitor (failed \(ExecutionTimedOut\)|has not run)/);
  });

  it('counts from its own start, and repeats nothing of an earlier one', () => {
    const { said, watch, at, event } = watched();
    event('ExecutionFailed', -30);
    watch.look(at(15));
    expect(said).toEqual([]);
    watch.look(at(15.1));
    expect(said).toHaveLength(1);
  });
});
