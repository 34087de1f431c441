import { describe, expect, it } from 'vitest';
import { loadOrCreateCalibration } from '../../../functions/adapters/tables/calibration.ts';
import { configKey } from '../../../functions/adapters/tables/config.ts';
import { loadJob } from '../../../functions/adapters/tables/jobs.ts';
import { putItem } from '../../../functions/adapters/tables/table.ts';
import { handler as closeExecution } from '../../../functions/events/close-execution.ts';
import { handler as ingestOutcome } from '../../../functions/events/ingest-outcome.ts';
import { handler as ingestSnapshot } from '../../../functions/events/ingest-snapshot.ts';
import { handler as admitJob } from '../../../functions/job-workflow/admit-job.ts';
import { aSubmission } from '../../fixtures/builders.ts';
import { useTable } from '../../fixtures/handlers.ts';
import { configOf, decided, instant, moment, roundOf, useEmbeddedClock } from '../application/outcomes/fixture.ts';

const dynamo = useTable();
const at = useEmbeddedClock();

/** A cluster that is bound to the collector `east`, or to none. */
async function cluster(clusterId: string, collector?: string): Promise<string> {
  const config = { ...configOf(clusterId), ...(collector !== undefined && { collector }) };
  await loadOrCreateCalibration(dynamo.table, config, moment(0));
  await putItem(dynamo.table, { ...configKey(clusterId), config, applied_at: instant(0) });
  return clusterId;
}

const submitted = (clusterId: string, source: string) => ({
  ...aSubmission({ clusterId, jobId: 'job', submittedAt: instant(0) }),
  source,
});
const EVENTS = {
  AdmitJob: (clusterId: string, source: string) =>
    admitJob({ event: submitted(clusterId, source), execution: 'arn:1' }, at(1)),
  IngestOutcome: (clusterId: string, source: string) => {
    const detail = { schemaVersion: 1, clusterId, jobId: 'job', submittedAt: instant(0), startedAt: instant(30) };
    return ingestOutcome({ source, 'detail-type': 'JobStarted', detail }, at(60));
  },
  IngestSnapshot: (clusterId: string, source: string) => {
    const counts = { pendingJobs: 12, runningJobs: 34, pendingGpus: 20 };
    const detail = { schemaVersion: 1, clusterId, platform: 'slurm', observedAt: instant(10), ...counts };
    return ingestSnapshot({ source, 'detail-type': 'QueueSnapshot', detail }, at(11));
  },
};

describe.each(Object.entries(EVENTS))('%s', (name, take) => {
  it.each([
    [
      'the plain source, for a bound cluster',
      'east',
      'vgac.collectors',
      'so its events come from vgac.collectors.east',
    ],
    ['another collector, for a bound cluster', 'east', 'vgac.collectors.west', 'to the collector east'],
    ['a collector whose name begins like the right one', 'east', 'vgac.collectors.east-2', 'to the collector east'],
    ['a named collector, for a cluster that is bound to none', undefined, 'vgac.collectors.east', 'to no collector'],
  ])('refuses an event from %s, and changes nothing', async (what, collector, source, why) => {
    const clusterId = await cluster(`${name}-${what.replaceAll(/[^a-z]/g, '-')}`, collector);
    const refused = expect(take(clusterId, source)).rejects;
    await refused.toMatchObject({ name: 'MalformedEvent', message: expect.stringMatching(/^otherCollector: /) });
    await expect(take(clusterId, source)).rejects.toThrow(why);
    expect(await loadJob(dynamo.table, roundOf(clusterId, 'job'))).toBeNull();
  });

  it.each([
    ['bound', 'east', 'vgac.collectors.east'],
    ['unbound', undefined, 'vgac.collectors'],
  ])('takes the event of a cluster that is %s from its own source', async (what, collector, source) => {
    await expect(take(await cluster(`${name}-${what}-own`, collector), source)).resolves.toBeTruthy();
  });

  it.each(['vgac.collectors.', 'vgac.collectorsx', 'vgac.collectors.East', 'vgac.collectors.a.b', 'vgac.agentic'])(
    'refuses an event from %s, which is no collector',
    async (source) => {
      await expect(take(await cluster(`${name}-x`), source)).rejects.toMatchObject({ name: 'MalformedEvent' });
    },
  );
});

describe('CloseExecution', () => {
  const failed = (clusterId: string, source: string, executionArn: string) => ({
    source: 'aws.states',
    'detail-type': 'Step Functions Execution Status Change',
    detail: { executionArn, status: 'FAILED', input: JSON.stringify(submitted(clusterId, source)) },
  });

  it('claims no round for a collector that the cluster is not bound to', async () => {
    const clusterId = await cluster('close-foreign', 'east');
    const event = failed(clusterId, 'vgac.collectors.west', 'arn:foreign');
    expect(await closeExecution(event, at(90))).toEqual({ outcome: 'notItsJob' });
    expect(await loadJob(dynamo.table, roundOf(clusterId, 'job'))).toBeNull();
  });

  it('closes what was claimed before the cluster was bound', async () => {
    const clusterId = await cluster('close-before');
    await decided(dynamo.table, clusterId, 'job');
    const execution = (await loadJob(dynamo.table, roundOf(clusterId, 'job')))?.claimed_by ?? '';
    await cluster(clusterId, 'east');
    expect(await closeExecution(failed(clusterId, 'vgac.collectors', execution), at(90))).toEqual({
      outcome: 'closed',
    });
  });
});
