import type { ReliabilityStore, StoredReliability } from '../../application/decisions/ports.ts';
import { bind } from './bind.ts';
import { calibrationFrom, calibrationKey, createCalibration } from './calibration.ts';
import { freezeFrom, freezeKeys } from './config.ts';
import { orUnreadable } from './decision-store.ts';
import { oldestUnfolded } from './jobs.ts';
import { profileFrom, profileKey } from './profile.ts';
import { readTogether } from './read-together.ts';
import type { Table } from './table.ts';

async function readReliability(table: Table, clusterId: string): Promise<StoredReliability> {
  const keys = [calibrationKey(clusterId), profileKey(clusterId), ...freezeKeys(clusterId)];
  const items = await readTogether(table, keys);
  return {
    calibration: orUnreadable(() => calibrationFrom(items, clusterId)),
    frozen: freezeFrom(items, clusterId) !== null,
    vgacAsksRecalibration: profileFrom(items, clusterId)?.vgac_recalibration_needed ?? false,
  };
}

export const reliabilityStore = (table: Table): ReliabilityStore =>
  bind(table, { readReliability, oldestUnfolded, createCalibration });
