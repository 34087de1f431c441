import { describe, expect, it } from 'vitest';
import { loadJob } from '../../../functions/adapters/tables/jobs.ts';
import { handler } from '../../../functions/job-workflow/admit-job.ts';
import { aSubmission } from '../../fixtures/builders.ts';
import { context, useTable } from '../../fixtures/handlers.ts';

const dynamo = useTable();
const submittedNow = (jobId: string) => aSubmission({ jobId, submittedAt: new Date().toISOString() });

describe('AdmitJob', () => {
  it('claims the row for the execution and hands the parsed job on', async () => {
    const event = submittedNow('fresh');
    expect(await handler({ event, execution: 'arn:1' }, context)).toEqual({ job: event.detail });
    const row = await loadJob(dynamo.table, event.detail);
    expect(row).toMatchObject({ claimed_by: 'arn:1', job_id: 'fresh', listing: 'CLUSTER#gpu-a', user: 'ada' });
  });

  it('succeeds again for the same execution, since a retry is not a duplicate', async () => {
    const input = { event: submittedNow('retried'), execution: 'arn:1' };
    await handler(input, context);
    await expect(handler(input, context)).resolves.toHaveProperty('job.jobId', 'retried');
  });

  it('turns another execution away', async () => {
    const event = submittedNow('twice');
    await handler({ event, execution: 'arn:1' }, context);
    await expect(handler({ event, execution: 'arn:2' }, context)).rejects.toMatchObject({ name: 'AlreadyAdmitted' });
    expect(await loadJob(dynamo.table, event.detail)).toHaveProperty('claimed_by', 'arn:1');
  });

  it('lets exactly one of many executions in when they all come at once', async () => {
    const event = submittedNow('raced');
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, (_, index) => handler({ event, execution: `arn:${index}` }, context)),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('keeps the row for 180 days', async () => {
    const event = submittedNow('kept');
    await handler({ event, execution: 'arn:1' }, context);
    const row = await loadJob(dynamo.table, event.detail);
    expect(Math.round(((row?.ttl ?? 0) - Date.now() / 1000) / 86_400)).toBe(180);
  });

  it('refuses what is not a job by a name that the machine catches, with the code first', async () => {
    await expect(
      handler({ event: aSubmission({ schemaVersion: 9 }), execution: 'arn:1' }, context),
    ).rejects.toMatchObject({
      name: 'MalformedEvent',
      message: expect.stringMatching(/^unknownVersion: detail\.schemaVersion/),
    });
  });
});
