import type { ClusterConfig } from '../../schemas/config.ts';
import type { Platform } from '../../schemas/primitives.ts';
import type { Verdict } from '../../schemas/verdict.ts';
import { deserialise } from '../domain/calibration/codec.ts';
import { reliability } from '../domain/gate.ts';
import { calibrationFrom, calibrationKey, createCalibration } from './calibration-store.ts';
import { configFrom, configKey, freezeFrom, freezeKeys } from './config-store.ts';
import { oldestUnfolded } from './job-store.ts';
import { profileFrom, profileKey } from './profile-store.ts';
import { type Items, readTogether } from './read-together.ts';
import type { Table } from './table.ts';

/** Loads what the gate needs to know of a cluster and asks it: how far may these predictions be trusted right now? */
export async function checkReliability(table: Table, config: ClusterConfig, now: Date): Promise<Verdict> {
  return ask(table, config.clusterId, () => config, now);
}

/**
 * The same for a cluster whose configuration is not at hand: it is read along.
 * @param platform as the event says; used only for an unknown cluster
 */
export async function checkCluster(table: Table, clusterId: string, platform: Platform, now: Date): Promise<Verdict> {
  return ask(table, clusterId, (items) => configFrom(items, clusterId, platform), now);
}

async function ask(
  table: Table,
  clusterId: string,
  configOf: (items: Items) => ClusterConfig,
  now: Date,
): Promise<Verdict> {
  const keys = [configKey, calibrationKey, profileKey].map((key) => key(clusterId));
  const [items, oldest] = await Promise.all([
    readTogether(table, [...keys, ...freezeKeys(clusterId)]),
    oldestUnfolded(table, clusterId),
  ]);
  const config = configOf(items);
  const item = calibrationFrom(items, clusterId) ?? (await createCalibration(table, config, now));
  const staleBefore = now.getTime() - config.freshnessMinutes * 60_000;
  return reliability({
    state: deserialise(item.state),
    version: item.version,
    frozen: freezeFrom(items, clusterId) !== null,
    staleSince: oldest !== null && oldest.getTime() < staleBefore ? oldest : null,
    config,
    now,
    vgacAsksRecalibration: profileFrom(items, clusterId)?.vgac_recalibration_needed ?? false,
  });
}
