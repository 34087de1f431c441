import type { ClusterConfig } from '../../../schemas/config.ts';
import type { QueueSnapshot } from '../../domain/snapshot.ts';
import { foldCluster } from './fold-cluster.ts';
import type { SnapshotStore } from './ports.ts';

/**
 * Corrects the built-in forecast's counts with a scheduler's snapshot of its whole queue.
 * @returns the counts before; null if a newer snapshot is already known
 * @throws FoldContended, UnreadableItem, OtherLayout
 */
export async function takeSnapshot(
  store: SnapshotStore,
  config: ClusterConfig,
  snapshot: QueueSnapshot,
  now: Date,
): Promise<{ pending: number; running: number } | null> {
  // Folds first, so that lines not counted yet do not look like a counting error.
  await foldCluster(store, config, now);
  const counted = await store.loadCounts(snapshot.clusterId);
  if (!(await store.keepSnapshot(snapshot, now))) return null;
  await foldCluster(store, config, now);
  return counted;
}
