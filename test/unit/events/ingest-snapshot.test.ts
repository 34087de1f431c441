import { describe, expect, it } from 'vitest';
import { loadOrCreateCalibration } from '../../../functions/adapters/tables/calibration.ts';
import { loadForecast } from '../../../functions/adapters/tables/forecast.ts';
import { deserialiseForecast } from '../../../functions/domain/forecast/codec.ts';
import { handler } from '../../../functions/events/ingest-snapshot.ts';
import { useTable } from '../../fixtures/handlers.ts';
import { configOf, instant, moment, useEmbeddedClock } from '../application/outcomes/fixture.ts';

const dynamo = useTable();
const at = useEmbeddedClock();

const snapshot = (clusterId: string, seconds: number, more: object = {}) => ({
  source: 'vgac.collectors',
  'detail-type': 'QueueSnapshot',
  detail: {
    ...{ schemaVersion: 1, clusterId, platform: 'slurm', observedAt: instant(seconds) },
    ...{ pendingJobs: 12, runningJobs: 34, pendingGpus: 20, ...more },
  },
});

async function countsOf(clusterId: string) {
  const item = await loadForecast(dynamo.table, clusterId);
  return item === null ? null : deserialiseForecast(item.state).queue;
}

async function cluster(clusterId: string): Promise<string> {
  await loadOrCreateCalibration(dynamo.table, configOf(clusterId), moment(0));
  return clusterId;
}

describe('IngestSnapshot', () => {
  it('corrects what the forecast has counted, and keeps that it had to', async () => {
    const id = await cluster('off');
    expect(await handler(snapshot(id, 10), at(11))).toEqual({ kept: true });
    expect(await countsOf(id)).toMatchObject({ pending: 12, running: 34, pendingGpus: 20 });
    expect(await countsOf(id)).toMatchObject({ corrected: { snapshots: 1, jobs: 46 } });
    expect(await handler(snapshot(id, 70), at(71))).toEqual({ kept: true });
    expect(await countsOf(id)).toMatchObject({ corrected: { snapshots: 1, jobs: 46 } });
  });

  it('leaves the GPUs alone where a collector does not know them', async () => {
    const id = await cluster('gpus');
    await handler(snapshot(id, 10), at(11));
    await handler(snapshot(id, 70, { pendingGpus: null }), at(71));
    expect(await countsOf(id)).toMatchObject({ pendingGpus: 20 });
  });

  it.each([
    ['comes again', 10, 12],
    ['is older than the last', 9, 12],
    ['is so late that events since then say more', 20, 321],
  ])('changes nothing when it %s', async (name, observed, now) => {
    const id = await cluster(name.replaceAll(' ', '-'));
    await handler(snapshot(id, 10), at(11));
    const more = { pendingJobs: 1, runningJobs: 1 };
    expect(await handler(snapshot(id, observed, more), at(now))).toEqual({ kept: false });
    expect(await countsOf(id)).toMatchObject({ pending: 12, running: 34 });
  });

  it('waits for the first decision of a cluster that nobody has seen', async () => {
    expect(await handler(snapshot('unseen', 10), at(11))).toEqual({ kept: true });
    expect(await countsOf('unseen')).toBeNull();
  });

  it.each([
    ['of a time that has not come', { observedAt: instant(400) }, 'snapshotInTheFuture'],
    ['of less than nothing', { pendingJobs: -1 }, 'malformed'],
    ['of parts of jobs', { runningJobs: 0.5 }, 'malformed'],
    ['with something else in it', { idleJobs: 1 }, 'malformed'],
    ['of another version', { schemaVersion: 2 }, 'unknownVersion'],
  ])('refuses one %s whole', async (_, more, code) => {
    await expect(handler(snapshot('refused', 10, more), at(11))).rejects.toThrow(code);
    expect(await countsOf('refused')).toBeNull();
  });
});
