import type { ClusterConfig } from '../../../schemas/config.ts';
import { keyOfBytes, placeOf, timeOfPlace } from '../../domain/place.ts';
import { TIER_INDEXES, tierOf } from '../../domain/reservations.ts';
import { roundHash, roundOf } from '../../domain/round.ts';
import type { ReservationStore } from './ports.ts';

/** By then nothing works on a round any more: its machine has ended, and no retry is pending. */
const ORPHAN_AFTER_MS = 3_600_000;
/** Every label falls due within the longest T or undo window; anything due later is waiting for something else. */
const LABELS_MS = 2 * 86_400_000;

/**
 * Releases what no label will ever settle: reservations of attempts whose decision was never recorded, and the open calls counted
 * for them.
 *
 * @returns how many reservations were released
 */
export async function releaseOrphans(store: ReservationStore, config: ClusterConfig, now: Date): Promise<number> {
  const { clusterId } = config;
  const item = await store.loadCalibration(clusterId);
  if (item === null) return 0;
  const oldest = now.getTime() - config.longWaitSeconds * 1000 - ORPHAN_AFTER_MS;
  const isOld = (place: Uint8Array): boolean => timeOfPlace(place) < oldest;
  const taken = TIER_INDEXES.map((tier) => ({ tier, ...tierOf(item, tier) }));
  const calls = taken.reduce((sum, { open }) => sum + open.size, 0);
  const hasOld = taken.some(({ places }) => [...places].some(isOld));
  if (calls === 0 && !hasOld) return 0;
  const waiting = await store.dueRounds(clusterId, new Date(now.getTime() + LABELS_MS), Number.MAX_SAFE_INTEGER);
  // Every open call should belong to a round that waits for its label; rows are only read if there are more calls than that.
  if (calls <= waiting.length && !hasOld) return 0;
  const standing = await placesThatStand(store, clusterId, waiting);
  let released = 0;
  for (const { tier, places, open } of taken) {
    const orphans = [...places].filter((place) => isOld(place) && !standing.has(keyOfBytes(place)));
    for (const place of orphans) if (await store.giveBack(clusterId, tier, place)) released += 1;
    // These may include a decision being made right now: a count too low for a moment is harmless, one too high for good is not.
    const closed = [...open].filter((call) => !standing.has(keyOfBytes(call)));
    await store.closeCalls(clusterId, tier, closed);
  }
  return released;
}

/** Places and open calls of all decisions awaiting their label, as text. */
async function placesThatStand(
  store: Pick<ReservationStore, 'loadJobs'>,
  clusterId: string,
  keys: string[],
): Promise<ReadonlySet<string>> {
  const standing = new Set<string>();
  const { rows } = await store.loadJobs(clusterId, keys);
  for (const row of rows) {
    // A row with a folded label may stay in the index as long as its job runs.
    if (row.decision === undefined || row.folded_in !== undefined) continue;
    const round = roundOf(row);
    standing.add(keyOfBytes(roundHash(round)));
    standing.add(keyOfBytes(placeOf(round, row.decision.cost, new Date(row.decision.decidedAt))));
  }
  return standing;
}
