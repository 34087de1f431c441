import { describe, expect, it } from 'vitest';
import { loadProfile, saveProfile } from '../../../functions/adapters/profile-store.ts';
import { handler } from '../../../functions/job-workflow/observe.ts';
import { aJob } from '../../fixtures/builders.ts';
import { aConfig, seedCluster } from '../../fixtures/clusters.ts';
import { context, useTable } from '../../fixtures/handlers.ts';
import { useVgac } from '../../fixtures/vgac.ts';

const dynamo = useTable();
const vgac = useVgac();
const observe = (clusterId: string) => handler({ job: aJob({ clusterId }) }, context);

describe('Observe', () => {
  it('reads the cluster from VGAC and begins its profile', async () => {
    await seedCluster(dynamo.table, aConfig({ clusterId: 'seen' }), 0, new Date());
    expect(await observe('seen')).toMatchObject({ queueDepth: 12, gpuUtilization: 71, runningJobs: 30, anomalies: [] });
    expect(await loadProfile(dynamo.table, 'seen')).toMatchObject({ observations: 1, avg_queue_depth: 12 });
  });

  it('remarks what is unusual for this cluster', async () => {
    const last_updated = new Date().toISOString();
    await saveProfile(dynamo.table, 'quiet', {
      observations: 500,
      avg_queue_depth: 0.4,
      avg_gpu_utilization: 20,
      last_updated,
    });
    expect((await observe('quiet')).anomalies).toEqual([
      'queue depth 12, usually 0',
      'GPU utilisation 71 %, usually 20 %',
    ]);
  });

  it('fails by a name the machine catches when VGAC refuses', async () => {
    vgac.refuse();
    await expect(observe('refused')).rejects.toMatchObject({ name: 'VgacRefused' });
  });
});
