import type { ClusterConfig } from '../../../schemas/config.ts';
import type { QueueSnapshot } from '../../domain/snapshot.ts';
import { foldCluster } from './fold-cluster.ts';
import type { SnapshotStore } from './ports.ts';

/**
 * Corrects what the built-in forecast has counted by what a scheduler says of its whole queue.
 * @returns what was counted before; null where a newer snapshot is known already
 * @throws FoldContended, UnreadableItem, OtherLayout
 */
export async function takeSnapshot(
  store: SnapshotStore,
  config: ClusterConfig,
  snapshot: QueueSnapshot,
  now: Date,
): Promise<{ pending: number; running: number } | null> {
  // Folded first: what is only not counted yet is no error of the count.
  await foldCluster(store, config, now);
  const counted = await store.loadCounts(snapshot.clusterId);
  if (!(await store.keepSnapshot(snapshot, now))) return null;
  await foldCluster(store, config, now);
  return counted;
}
