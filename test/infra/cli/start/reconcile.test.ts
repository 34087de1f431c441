import { describe, expect, it } from 'vitest';
import { loadRounds } from '../../../../functions/adapters/tables/every-round.ts';
import { claimJob, closeJob } from '../../../../functions/adapters/tables/jobs.ts';
import { submissionOf } from '../../../../functions/application/decisions/close-broken-execution.ts';
import type { Round } from '../../../../functions/domain/round.ts';
import { reconcile } from '../../../../infra/cli/start/reconcile.ts';
import { aJob, NOON } from '../../../fixtures/builders.ts';
import { useTable } from '../../../fixtures/handlers.ts';

const dynamo = useTable();
const jobOf = (clusterId: string, jobId: string) => aJob({ clusterId, jobId, submittedAt: NOON.toISOString() });

/** A start that finds these jobs open, each claimed by an execution of its name. */
async function find(
  clusterId: string,
  jobIds: string[],
  running: (jobId: string) => boolean,
  most?: number,
  before: () => Promise<unknown> | undefined = () => undefined,
) {
  for (const jobId of jobIds) await claimJob(dynamo.table, jobOf(clusterId, jobId), jobId, NOON);
  const told: string[] = [];
  const system = {
    engine: { isRunning: running },
    reportLost(executionArn: string, input: string) {
      expect(submissionOf(input, NOON)?.job).toMatchObject({ clusterId, jobId: executionArn });
      told.push(executionArn);
    },
  };
  const records = {
    table: dynamo.table,
    clusterIds: async () => [clusterId],
    async rows(rounds: readonly Round[]) {
      await before();
      return loadRounds(dynamo.table, rounds);
    },
  };
  return { told, look: () => reconcile({ system, records }, most) };
}

describe('journal and tables', () => {
  it('agree where every open job has its execution', async () => {
    const { told, look } = await find('agree', ['1', '2'], () => true);
    expect(await look()).toBeNull();
    expect(told).toEqual([]);
  });

  it('do not agree about a job that is open without its execution: that is told, as any other failure, and the rest is not', async () => {
    const { told, look } = await find('older', ['1', '2', '3'], (jobId) => jobId === '2');
    expect(await look()).toMatch(/^2 jobs were open without their executions: .+ with what was asked about them\.$/);
    expect(told).toEqual(['1', '3']);
  });

  it('agree about a job that is closed while one looks', async () => {
    let closing: Promise<unknown> | undefined;
    const ends = () => {
      closing = closeJob(dynamo.table, jobOf('closing', '1'), { status: 'acted', at: NOON });
      return false;
    };
    const { told, look } = await find('closing', ['1'], ends, undefined, () => closing);
    expect(await look()).toBeNull();
    expect(told).toEqual([]);
  });

  it('leave to the next start what one start does not take', async () => {
    const { told, look } = await find('many', ['1', '2', '3'], () => false, 2);
    expect(await look()).toMatch(/^2 jobs .+ There are more: the next start closes them\.$/);
    expect(told).toEqual(['1', '2']);
  });
});
