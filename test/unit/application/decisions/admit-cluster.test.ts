import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, it } from 'vitest';
import { loadOrCreateCalibration } from '../../../../functions/adapters/tables/calibration.ts';
import { newClusterStore } from '../../../../functions/adapters/tables/new-clusters.ts';
import { refuseCluster } from '../../../../functions/application/decisions/admit-cluster.ts';
import { handler as ingestOutcome } from '../../../../functions/events/ingest-outcome.ts';
import { handler as ingestSnapshot } from '../../../../functions/events/ingest-snapshot.ts';
import { handler as admitJob } from '../../../../functions/job-workflow/admit-job.ts';
import { COLLECTOR_SOURCE } from '../../../../schemas/events/collector.ts';
import { NewClustersItem } from '../../../../schemas/items/cluster.ts';
import { aSubmission } from '../../../fixtures/builders.ts';
import { useTable } from '../../../fixtures/handlers.ts';
import { configOf, instant, moment, useEmbeddedClock } from '../outcomes/fixture.ts';

const dynamo = useTable();
const at = useEmbeddedClock();
const DAY = 86_400;
/** Each test has a day of its own. */
let day = 0;
beforeEach(() => {
  day += 10;
});

const onDay = (later = 0) => moment((day + later) * DAY);
const refused = async (clusterId: string, perDay: number, now = onDay()): Promise<string | null> =>
  (await refuseCluster(newClusterStore(dynamo.table), { clusterId, source: COLLECTOR_SOURCE }, perDay, now))?.detail ??
  null;
const names = (count: number) => Array.from({ length: count }, (_, i) => `invented-${day}-${i}`);

describe('a cluster that nobody configured', () => {
  it('may become known while the day has room: exactly as many as allowed, when all come at once', async () => {
    const answers = await Promise.all(names(60).map((name) => refused(name, 20)));
    expect(answers.filter((answer) => answer === null)).toHaveLength(20);
    expect(new Set(answers.filter((answer) => answer !== null))).toEqual(
      new Set([
        'detail.clusterId: this cluster is not known, and 20 others are new today (UTC); configure it with npx vgac configure',
      ]),
    );
  });

  it('keeps its place for the day, and the next day has room again', async () => {
    const [first = '', second = ''] = names(2);
    expect(await refused(first, 1)).toBeNull();
    expect(await refused(second, 1)).not.toBeNull();
    expect(await refused(first, 1)).toBeNull();
    expect(await refused(second, 1, onDay(1))).toBeNull();
  });

  it('is known from its first decision on, whatever the day has room for', async () => {
    const [first = '', second = ''] = names(2);
    await loadOrCreateCalibration(dynamo.table, configOf(first), onDay());
    expect(await refused(first, 0)).toBeNull();
    expect(await refused(second, 0)).toBe(
      'detail.clusterId: this cluster is not known, and none is created by an event here; configure it with npx vgac configure',
    );
  });

  it('leaves one item that expires', async () => {
    await Promise.all(names(3).map((name) => refused(name, 20)));
    const number = Math.floor(onDay().getTime() / 1000 / DAY);
    const Key = { PK: 'CLUSTER#*', SK: `LIMIT#NEW#${number}` };
    const { Item } = await dynamo.table.client.send(new GetCommand({ TableName: dynamo.table.name, Key }));
    expect(NewClustersItem.parse(Item)).toMatchObject({ clusters: new Set(names(3)), ttl: (number + 2) * DAY });
  });
});

describe('an event of such a cluster', () => {
  const detail = (clusterId: string) => ({ schemaVersion: 1, clusterId });
  const started = (clusterId: string) => ({
    source: 'vgac.collectors',
    'detail-type': 'JobStarted',
    detail: { ...detail(clusterId), jobId: 'j', startedAt: instant(day * DAY) },
  });
  const snapshot = (clusterId: string) => ({
    source: 'vgac.collectors',
    'detail-type': 'QueueSnapshot',
    detail: {
      ...detail(clusterId),
      ...{ platform: 'slurm', observedAt: instant(day * DAY), pendingJobs: 1, runningJobs: 1 },
    },
  });
  const submitted = (clusterId: string) => ({
    event: aSubmission({ clusterId, submittedAt: instant(day * DAY) }),
    execution: 'arn:1',
  });

  it.each<[string, (clusterId: string) => Promise<unknown>]>([
    ['a submission', async (clusterId) => admitJob(submitted(clusterId), at(day * DAY))],
    ['an outcome', async (clusterId) => ingestOutcome(started(clusterId), at(day * DAY))],
    ['a snapshot', async (clusterId) => ingestSnapshot(snapshot(clusterId), at(day * DAY))],
  ])('is quarantined beyond the limit: %s', async (_, send) => {
    const results = await Promise.allSettled(names(25).map(send));
    const failed = results.filter((result) => result.status === 'rejected');
    expect(failed).toHaveLength(5);
    for (const { reason } of failed) {
      expect(reason).toMatchObject({ name: 'MalformedEvent', message: expect.stringMatching(/^unknownCluster: /) });
    }
  });
});
