import type { ClusterConfig } from '../../schemas/config.ts';
import type { Verdict } from '../../schemas/verdict.ts';
import { deserialise } from '../domain/calibration/codec.ts';
import { reliability } from '../domain/gate.ts';
import { loadOrCreateCalibration } from './calibration-store.ts';
import { loadFreeze } from './config-store.ts';
import { oldestUnfolded } from './job-store.ts';
import { loadProfile } from './profile-store.ts';
import type { Table } from './table.ts';

/** Loads what the gate needs to know of a cluster and asks it: how far may these predictions be trusted right now? */
export async function checkReliability(table: Table, config: ClusterConfig, now: Date): Promise<Verdict> {
  const { clusterId, freshnessMinutes } = config;
  const [item, freeze, profile, staleSince] = await Promise.all([
    loadOrCreateCalibration(table, config, now),
    loadFreeze(table, clusterId),
    loadProfile(table, clusterId),
    oldestUnfolded(table, clusterId, new Date(now.getTime() - freshnessMinutes * 60_000)),
  ]);
  const state = deserialise(item.state);
  return reliability({
    state,
    version: item.version,
    frozen: freeze !== null,
    staleSince,
    config,
    now,
    vgacAsksRecalibration: profile?.vgac_recalibration_needed ?? false,
  });
}
