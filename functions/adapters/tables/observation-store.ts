import type { ObservationStore } from '../../application/decisions/ports.ts';
import { bind } from './bind.ts';
import { configFrom, configKey } from './config.ts';
import { counted, forecastKey } from './forecast.ts';
import { profileFrom, profileKey, saveProfile, typicalWait } from './profile.ts';
import { readTogether } from './read-together.ts';
import type { Table } from './table.ts';

async function readCluster(table: Table, clusterId: string) {
  const items = await readTogether(
    table,
    [configKey, profileKey, forecastKey].map((key) => key(clusterId)),
  );
  return {
    config: configFrom(items, clusterId),
    profile: profileFrom(items, clusterId),
    // Read only without a VGAC: with one, an unreadable forecast does not matter here.
    counted: () => counted(items, clusterId),
  };
}

export const observationStore = (table: Table): ObservationStore =>
  bind(table, { readCluster, typicalWait, saveProfile });
