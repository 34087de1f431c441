import type { ClusterConfig } from '../../../schemas/config.ts';
import type { Job } from '../../../schemas/machines/job-workflow.ts';
import { anomalies, isLearningDue, learn } from '../../domain/profile.ts';
import type { ObservationStore } from './ports.ts';
import type { Vgac } from './vgac.ts';
import { ownCalibration } from './vgac-calibration.ts';

/**
 * Observes the current state of a cluster, from VGAC or from the built-in forecast's counts, and compares it with the cluster's
 * profile. Updates the profile from time to time.
 */
export async function observeCluster(
  store: ObservationStore,
  { clusterId }: Pick<Job, 'clusterId'>,
  vgacOf: (config: ClusterConfig) => Promise<Vgac | null>,
  now: Date,
) {
  const { config, profile, counted } = await store.readCluster(clusterId);
  const vgac = await vgacOf(config);
  const [seen, vgacCalibration] = await Promise.all([
    vgac === null ? counted() : vgac.observe(clusterId),
    vgac === null ? null : ownCalibration(vgac, clusterId, now),
  ]);
  if (isLearningDue(profile, now)) {
    const wait = await store.typicalWait(clusterId);
    await store.saveProfile(clusterId, learn(profile, seen, vgacCalibration, wait, now));
  }
  return { ...seen, anomalies: anomalies(profile, seen, now), vgacCalibration };
}
