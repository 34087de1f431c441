import { describe, expect, it } from 'vitest';
import { roundFacts } from '../../../../functions/domain/figures.ts';
import { account } from '../../../../infra/cli/start/account.ts';
import { disagreements } from '../../../../infra/cli/start/summary.ts';
import { Executions } from '../../../../infra/console/executions.ts';
import type { HistoryEvent } from '../../../../infra/runtime/engine/history.ts';
import { aRow } from '../../../unit/domain/figure-rows.ts';

const arnOf = (name: string, machine = 'vgac-agentic-job-workflow') =>
  `arn:aws:states:us-east-1:000000000000:execution:${machine}:${name}`;
/** How a submission may end, by the state that it ends in. */
const ENDS = [
  ['RecordOutcome', 'ExecutionSucceeded'],
  ['AlreadyAdmitted', 'ExecutionSucceeded'],
  ['Quarantine', 'ExecutionSucceeded'],
  ['QuarantineFailed', 'ExecutionFailed'],
] as const;

/** A hundred rounds of every end, in two clusters, between visits of a monitor; and one that goes on. */
function observed(mostRows?: number) {
  const executions = new Executions(undefined, mostRows);
  const event = (arn: string, more: Pick<HistoryEvent, 'type'> & Partial<HistoryEvent>) =>
    executions.observe(arn, { id: 1, previousEventId: 0, timestamp: 1_800_000_000_000, ...more });
  const claimed: string[] = [];
  const begin = (arn: string, clusterId: string) =>
    event(arn, { type: 'ExecutionStarted', input: { detail: { clusterId, jobId: arn.slice(-8) } } });
  begin(arnOf('open'), 'a');
  claimed.push(arnOf('open'));
  for (let round = 0; round < 100; round++) {
    for (const [state, type] of ENDS) {
      const arn = arnOf(`${state}-${round}`);
      begin(arn, round % 3 === 0 ? 'a' : 'b');
      event(arn, { type: 'TaskStateEntered', name: state });
      event(arn, { type });
      if (state === 'RecordOutcome') claimed.push(arn);
    }
    const monitor = arnOf(`visit-${round}`, 'vgac-agentic-drift-monitor');
    event(monitor, { type: 'ExecutionStarted', input: {} });
    event(monitor, { type: 'ExecutionSucceeded' });
  }
  return { executions, claimed };
}

describe('the rows of the console', () => {
  it('are bounded: the oldest that ended give way, what goes on stays', () => {
    const { executions } = observed(10);
    expect(executions.list({ limit: 1000 }).rows.length).toBeLessThanOrEqual(10);
    expect(executions.get(arnOf('open'))).toMatchObject({ status: 'RUNNING' });
    expect(executions.get(arnOf('RecordOutcome-0'))).toBeUndefined();
    expect(executions.get(arnOf('QuarantineFailed-99'))).toMatchObject({ status: 'FAILED' });
    expect(executions.tally.jobs).toBe(401);
  });

  it('change no closing sum by giving way', async () => {
    const sums = async (mostRows?: number) => {
      const { executions, claimed } = observed(mostRows);
      const own = claimed.map((execution) => ({
        execution,
        fact: {
          clusterId: 'a',
          facts: roundFacts(aRow({ longWait: true })),
          servedBy: 'queue' as const,
          labelled: true,
          folded: true,
        },
      }));
      const earlier = own.map((row) => ({ ...row, execution: arnOf('of-an-earlier-start') }));
      const records = {
        scan: async () => ({ jobs: [...own, ...earlier], approvals: [] }),
        configs: async () => new Map(),
      };
      return account({ list: () => [], peek: () => [] }, executions, records);
    };
    const bounded = await sums(10);
    expect(bounded).toEqual(await sums());
    expect(disagreements(bounded)).toEqual([]);
    expect(bounded.total).toMatchObject({
      jobs: 401,
      admitted: 101,
      duplicates: 100,
      quarantined: 100,
      deadLettered: 100,
    });
    expect(bounded.clusters.b).toMatchObject({ duplicates: 66, quarantined: 66 });
  });
});
