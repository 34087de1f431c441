import type { ClusterConfig } from '../../../schemas/config.ts';
import { keyOfBytes, placeOf, timeOfPlace } from '../../domain/place.ts';
import { TIER_NUMBERS, tierOf } from '../../domain/reservations.ts';
import { roundHash, roundOf } from '../../domain/round.ts';
import type { ReservationStore } from './ports.ts';

/** By then a round takes no more part in any race: its machine has ended, and no retry of it is on its way. */
const ORPHAN_AFTER_MS = 3_600_000;
/** Every label falls due within the longest T, or the longest time to undo; what falls due later waits for other things. */
const LABELS_MS = 2 * 86_400_000;

/**
 * Gives back what no label will ever settle: reservations of attempts whose decision was never recorded, and calls counted as
 * open for them.
 *
 * @returns how many reservations were given back
 */
export async function releaseOrphans(store: ReservationStore, config: ClusterConfig, now: Date): Promise<number> {
  const { clusterId } = config;
  const item = await store.loadCalibration(clusterId);
  if (item === null) return 0;
  const oldest = now.getTime() - config.longWaitSeconds * 1000 - ORPHAN_AFTER_MS;
  const isOld = (place: Uint8Array): boolean => timeOfPlace(place) < oldest;
  const taken = TIER_NUMBERS.map((tier) => ({ tier, ...tierOf(item, tier) }));
  const calls = taken.reduce((sum, { open }) => sum + open.size, 0);
  const hasOld = taken.some(({ places }) => [...places].some(isOld));
  if (calls === 0 && !hasOld) return 0;
  const waiting = await store.dueRounds(clusterId, new Date(now.getTime() + LABELS_MS), Number.MAX_SAFE_INTEGER);
  // Every open call belongs to a round that waits for its label; only where there are more are the rows looked at.
  if (calls <= waiting.length && !hasOld) return 0;
  const standing = await placesThatStand(store, clusterId, waiting);
  let released = 0;
  for (const { tier, places, open } of taken) {
    const orphans = [...places].filter((place) => isOld(place) && !standing.has(keyOfBytes(place)));
    for (const place of orphans) if (await store.giveBack(clusterId, tier, place)) released += 1;
    // A decision that is being made right now may be among these: counted too low for a moment is harmless, too high for good is not.
    const closed = [...open].filter((call) => !standing.has(keyOfBytes(call)));
    await store.closeCalls(clusterId, tier, closed);
  }
  return released;
}

/** Places and open calls of all decisions that wait for their label, as text. */
async function placesThatStand(
  store: Pick<ReservationStore, 'loadJobs'>,
  clusterId: string,
  keys: string[],
): Promise<ReadonlySet<string>> {
  const standing = new Set<string>();
  const { rows } = await store.loadJobs(clusterId, keys);
  for (const row of rows) {
    // A row whose label is folded may stay in the index for as long as its job runs.
    if (row.decision === undefined || row.folded_in !== undefined) continue;
    const round = roundOf(row);
    standing.add(keyOfBytes(roundHash(round)));
    standing.add(keyOfBytes(placeOf(round, row.decision.cost, new Date(row.decision.decidedAt))));
  }
  return standing;
}
