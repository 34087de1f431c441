import type { ClusterConfig } from '../../schemas/config.ts';
import type { Verdict } from '../../schemas/verdict.ts';
import { deserialise } from '../domain/calibration/codec.ts';
import { reliability } from '../domain/gate.ts';
import { calibrationFrom, calibrationKey, createCalibration } from './tables/calibration.ts';
import { freezeFrom, freezeKeys } from './tables/config.ts';
import { oldestUnfolded } from './tables/jobs.ts';
import { profileFrom, profileKey } from './tables/profile.ts';
import { readTogether } from './tables/read-together.ts';
import type { Table } from './tables/table.ts';

/** Loads what the gate needs to know of a cluster and asks it: how far may these predictions be trusted right now? */
export async function checkReliability(table: Table, config: ClusterConfig, now: Date): Promise<Verdict> {
  const { clusterId } = config;
  const keys = [calibrationKey, profileKey].map((key) => key(clusterId));
  const staleBefore = new Date(now.getTime() - config.freshnessMinutes * 60_000);
  const [items, staleSince] = await Promise.all([
    readTogether(table, [...keys, ...freezeKeys(clusterId)]),
    oldestUnfolded(table, clusterId, staleBefore),
  ]);
  const item = calibrationFrom(items, clusterId) ?? (await createCalibration(table, config, now));
  return reliability({
    state: deserialise(item.state),
    version: item.version,
    frozen: freezeFrom(items, clusterId) !== null,
    staleSince,
    config,
    now,
    vgacAsksRecalibration: profileFrom(items, clusterId)?.vgac_recalibration_needed ?? false,
  });
}
