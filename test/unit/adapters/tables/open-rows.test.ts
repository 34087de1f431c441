import { describe, expect, it } from 'vitest';
import { claimJob, closeJob, loadJob } from '../../../../functions/adapters/tables/jobs.ts';
import { claimedJob, openRounds } from '../../../../functions/adapters/tables/open-rows.ts';
import { aJob, NOON } from '../../../fixtures/builders.ts';
import { useTable } from '../../../fixtures/handlers.ts';

const dynamo = useTable();

describe('the open rows of a cluster', () => {
  it('are those that were claimed and never closed', async () => {
    const open = aJob({ clusterId: 'rows', jobId: 'open', submittedAt: NOON.toISOString() });
    const over = aJob({ clusterId: 'rows', jobId: 'over', submittedAt: NOON.toISOString() });
    const elsewhere = aJob({ clusterId: 'rows-2', jobId: 'elsewhere' });
    for (const job of [open, over, elsewhere]) await claimJob(dynamo.table, job, 'arn:execution', NOON);
    await closeJob(dynamo.table, over, { status: 'acted', at: NOON });
    const found = [];
    for await (const round of openRounds(dynamo.table, 'rows')) found.push(round);
    expect(found).toEqual([{ clusterId: 'rows', jobId: 'open', submittedAt: NOON.toISOString() }]);
  });

  it.each([
    ['everything', '1', { namespace: 'n', priority: -1, proposedAction: 'requeue' }],
    ['no more than it must', '2', { user: undefined, queue: undefined }],
  ])('give back the job of a submission that said %s', async (_, jobId, more) => {
    const request = { gpus: 0.5, cpuMillis: 1, memoryGb: 2, gpuType: 'a100', distributed: true, estimatedMinutes: 3 };
    const job = aJob({ clusterId: 'given', jobId, submittedAt: NOON.toISOString(), request, ...more });
    await claimJob(dynamo.table, job, 'arn:execution', NOON);
    expect(claimedJob((await loadJob(dynamo.table, job)) ?? expect.fail('no row'))).toEqual(job);
  });
});
