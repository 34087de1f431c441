import { describe, expect, it } from 'vitest';
import { loadCalibration } from '../../../functions/adapters/tables/calibration.ts';
import { putBatch } from '../../../functions/adapters/tables/ledger.ts';
import { profileFrom, profileKey, saveProfile } from '../../../functions/adapters/tables/profile.ts';
import { readTogether } from '../../../functions/adapters/tables/read-together.ts';
import { nextBatch } from '../../../functions/domain/next-batch.ts';
import { handler } from '../../../functions/job-workflow/observe.ts';
import { aJob } from '../../fixtures/builders.ts';
import { aConfig, anEntry, seedCluster } from '../../fixtures/clusters.ts';
import { context, useTable } from '../../fixtures/handlers.ts';
import { useVgac } from '../../fixtures/vgac.ts';

const dynamo = useTable();
const vgac = useVgac();
const observe = (clusterId: string) => handler({ job: aJob({ clusterId }) }, context);
const loadProfile = async (clusterId: string) =>
  profileFrom(await readTogether(dynamo.table, [profileKey(clusterId)]), clusterId);

describe('Observe', () => {
  it('reads the cluster from VGAC and begins its profile', async () => {
    await seedCluster(dynamo.table, aConfig({ clusterId: 'seen' }), 0, new Date());
    expect(await observe('seen')).toMatchObject({ queueDepth: 12, gpuUtilization: 71, runningJobs: 30, anomalies: [] });
    expect(await loadProfile('seen')).toMatchObject({ observations: 1, avg_queue_depth: 12 });
  });

  it('remarks what is unusual for this cluster', async () => {
    const last_updated = new Date().toISOString();
    const usual = (value: number, spread: number) => ({
      hours: Array.from({ length: 24 }, () => ({ n: 84, usual: value })),
      spread,
      measured: 864,
    });
    await saveProfile(dynamo.table, 'quiet', {
      observations: 2_000,
      avg_queue_depth: 0.4,
      avg_gpu_utilization: 20,
      queue: usual(0, 0.1),
      utilisation: usual(20, 4),
      last_updated,
    });
    expect((await observe('quiet')).anomalies).toEqual([
      'queue depth 12, usually 0',
      'GPU utilisation 71 %, usually 20 %',
    ]);
  });

  it('learns the typical wait from the newest jobs of the ledger', async () => {
    const config = aConfig({ clusterId: 'waits' });
    await seedCluster(dynamo.table, config, 0, new Date());
    const entries = Array.from({ length: 30 }, (_, i) => anEntry(i, { waitSeconds: i < 20 ? 240 : 9_000 }));
    const item = await loadCalibration(dynamo.table, 'waits');
    if (!item) throw new Error('the cluster has no calibration');
    const batch = { ...nextBatch(item, config, new Date()), entries };
    await putBatch(dynamo.table, 'waits', batch);
    await observe('waits');
    expect(await loadProfile('waits')).toMatchObject({ typical_wait_minutes: 4 });
  });

  it('counts for itself where the cluster is without VGAC', async () => {
    const config = aConfig({ clusterId: 'without', vgac: { variant: 'builtin' } });
    await seedCluster(dynamo.table, config, 0, new Date());
    vgac.refuse();
    expect(await observe('without')).toEqual({
      ...{ queueDepth: 0, pendingJobs: 0, runningJobs: 0, gpuUtilization: null, gpuMemoryUsed: null },
      ...{ anomalies: [], vgacCalibration: null },
    });
    expect(await loadProfile('without')).not.toHaveProperty('avg_gpu_utilization');
  });

  it('fails by a name the machine catches when VGAC refuses', async () => {
    vgac.refuse();
    await expect(observe('refused')).rejects.toMatchObject({ name: 'VgacRefused' });
  });
});
