import { ProfileItem } from '../../../schemas/items/cluster.ts';
import { labelsOf } from '../../domain/ledger-lines.ts';
import { medianWait, type Profile } from '../../domain/profile.ts';
import { readLedgerBackwards } from './ledger.ts';
import { readOfClusters } from './read-many.ts';
import type { Items } from './read-together.ts';
import { clusterKey, parseItem, putItem, type Table } from './table.ts';

/** The typical wait is taken over this many of the newest settled jobs. */
const WAITS = 100;

export const profileKey = (clusterId: string) => ({ PK: clusterKey(clusterId), SK: 'PROFILE' });

export function profileFrom(items: Items, clusterId: string): Profile | null {
  const item = items(profileKey(clusterId));
  return item ? parseItem(ProfileItem, item) : null;
}

/** Last writer wins: two observations of the same moment count as one. */
export async function saveProfile(table: Table, clusterId: string, profile: Profile): Promise<void> {
  await putItem(table, { ...profile, ...profileKey(clusterId) });
}

/** Median wait of the newest jobs in the ledger, in minutes; null if there are too few, or most have not started. */
export async function typicalWait(table: Table, clusterId: string): Promise<number | null> {
  const waits: (number | null)[] = [];
  for await (const { entries } of readLedgerBackwards(table, clusterId, Number.MAX_SAFE_INTEGER)) {
    // A job that was intervened in or censored does not show how long jobs wait here.
    for (const { longWait, waitSeconds } of labelsOf(entries).reverse()) if (longWait !== null) waits.push(waitSeconds);
    if (waits.length >= WAITS) break;
  }
  return medianWait(waits.slice(0, WAITS));
}

/** The clusters whose VGAC asks for a recalibration. */
export async function recalibrating(table: Table, clusterIds: readonly string[]): Promise<ReadonlySet<string>> {
  const profiles = await readOfClusters(table, clusterIds, 'PROFILE', ProfileItem);
  const asking = [...profiles].filter(([, profile]) => profile.vgac_recalibration_needed === true);
  return new Set(asking.map(([id]) => id));
}
