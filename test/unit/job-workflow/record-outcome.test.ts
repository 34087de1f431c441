import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { loadAskPlaces, takePlace } from '../../../functions/adapters/tables/asking.ts';
import { claimJob, loadJob } from '../../../functions/adapters/tables/jobs.ts';
import { decisionId } from '../../../functions/domain/ids.ts';
import { handler } from '../../../functions/job-workflow/record-outcome.ts';
import { aDecision, aJob, anEffect, NOON } from '../../fixtures/builders.ts';
import { aConfig } from '../../fixtures/clusters.ts';
import { context, useTable } from '../../fixtures/handlers.ts';

const dynamo = useTable();
const bus = mockClient(EventBridgeClient);
process.env.EVENT_BUS_NAME = 'vgac';

beforeEach(() => {
  bus.reset();
  bus.on(PutEventsCommand).resolves({ FailedEntryCount: 0, Entries: [{ EventId: '1' }] });
});

async function admitted(jobId: string) {
  const job = aJob({ jobId });
  await claimJob(dynamo.table, job, 'arn:1', NOON);
  return { job, decision: aDecision({ jobId }), effect: anEffect(), approvedEffect: null, answer: null, failure: null };
}

describe('RecordOutcome', () => {
  it('closes the row and publishes an event', async () => {
    expect(await handler(await admitted('done'), context)).toEqual({ status: 'acted', reasons: [] });
    expect(await loadJob(dynamo.table, aJob({ jobId: 'done' }))).toMatchObject({
      status: 'acted',
      effect: anEffect(),
      closed_at: expect.any(String),
    });
    const [call] = bus.commandCalls(PutEventsCommand);
    expect(call?.args[0].input.Entries?.[0]).toMatchObject({
      EventBusName: 'vgac',
      Source: 'vgac.agentic',
      DetailType: 'DecisionRecorded',
      Detail: expect.stringContaining('"jobId":"done"'),
    });
  });

  it('keeps what failed, cut to a length that fits the row', async () => {
    const input = {
      ...(await admitted('broken')),
      decision: null,
      failure: { Error: 'VgacUnavailable', Cause: 'x'.repeat(9_000) },
    };
    expect(await handler(input, context)).toMatchObject({ status: 'failed' });
    const row = await loadJob(dynamo.table, aJob({ jobId: 'broken' }));
    expect(row?.failure).toEqual({ error: 'VgacUnavailable', cause: 'x'.repeat(1_000) });
  });

  it('frees the place of a question whose decision never came to be recorded', async () => {
    const { job, ...input } = await admitted('placed');
    const { clusterId } = job;
    const limits = aConfig({ clusterId }).asking;
    const question = { id: decisionId(job), tier: 3, until: Date.now() + 3_600_000 };
    await takePlace(dynamo.table, clusterId, question, limits, new Date());
    await handler({ ...input, job, decision: null, failure: { Error: 'Sandbox.Timedout' } }, context);
    expect((await loadAskPlaces(dynamo.table, clusterId)).open).toEqual([]);
  });

  it('closes a row once, whatever a retry brings', async () => {
    const input = await admitted('again');
    await handler(input, context);
    await handler({ ...input, failure: { Error: 'Late' } }, context);
    expect(await loadJob(dynamo.table, aJob({ jobId: 'again' }))).toMatchObject({ status: 'acted' });
  });

  it('fails by name when the bus refuses, so that the machine retries', async () => {
    bus.on(PutEventsCommand).resolves({ FailedEntryCount: 1, Entries: [{ ErrorCode: 'ThrottlingException' }] });
    await expect(handler(await admitted('refused'), context)).rejects.toMatchObject({ name: 'EventNotAccepted' });
  });
});
