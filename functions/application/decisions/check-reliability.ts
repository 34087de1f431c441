import type { ClusterConfig } from '../../../schemas/config.ts';
import type { Verdict } from '../../../schemas/verdict.ts';
import { reliability } from '../../domain/reliability.ts';
import { readable } from './evidence.ts';
import type { ReliabilityStore } from './ports.ts';

/** Loads what the gate needs to know of a cluster, and asks it how far predictions may be trusted right now. */
export async function checkReliability(store: ReliabilityStore, config: ClusterConfig, now: Date): Promise<Verdict> {
  const { clusterId } = config;
  const staleBefore = new Date(now.getTime() - config.freshnessMinutes * 60_000);
  const [known, staleSince] = await Promise.all([
    store.readReliability(clusterId),
    store.oldestUnfolded(clusterId, staleBefore),
  ]);
  const item = known.calibration ?? (await store.createCalibration(config, now));
  return reliability({
    state: item === 'unreadable' ? null : readable(item),
    version: item === 'unreadable' ? 0 : item.version,
    frozen: known.frozen,
    staleSince,
    config,
    now,
    vgacAsksRecalibration: known.vgacAsksRecalibration,
  });
}
