import type { ClusterConfig } from '../../../schemas/config.ts';
import { Platform } from '../../../schemas/primitives.ts';
import { stored } from '../../domain/fold-batch.ts';
import { costOfPlace } from '../../domain/place.ts';
import { TIER_INDEXES } from '../../domain/reservations.ts';
import { LedgerIncomplete } from '../unreadable.ts';
import { mendForecast } from './mend-forecast.ts';
import type { MendStore, Stored } from './ports.ts';
import { rebuild } from './rebuild.ts';

/** `same`: the stored state equals the ledger's. `overtaken`: a concurrent fold or reservation; try again. */
type Mended = { outcome: 'mended' | 'same' | 'overtaken' | 'noLedger'; version: number };

/** Attributes that folds and decisions change. If either happened since, writing would free tokens it took. */
const READ = ['state', 'version', ...TIER_INDEXES.map((tier) => `free_${tier}`)];

/**
 * Replaces broken or doubtful calibration and forecast with those rebuilt from the ledger. Reservations stay for the next fold to
 * settle, and the free tokens are computed around them. The next folder marks the rows of the newest batch again, which is
 * harmless.
 * @throws UnreadableItem when the ledger itself is unreadable, LedgerIncomplete when batches of it are missing; nothing is
 * written then
 */
export async function mendFromLedger(
  store: MendStore,
  { clusterId, platform }: Pick<ClusterConfig, 'clusterId' | 'platform'>,
): Promise<Mended> {
  const found = await store.storedCalibration(clusterId);
  const ledger = await rebuild(store, clusterId);
  if (!ledger) return { outcome: 'noLedger', version: 0 };
  const { version, state, forecast } = ledger;
  const known = await newestKnown(store, clusterId, found);
  if (known > version) throw new LedgerIncomplete(clusterId, [[version + 1, known]]);
  const { folded_at } = await store.loadBatch(clusterId, version);
  const ofForecast = await mendForecast(store, clusterId, version, forecast, new Date(folded_at));
  if (ofForecast === 'overtaken') return { outcome: 'overtaken', version };
  const { numbers, tokens, state: bytes } = stored(state, folded_at);
  const rebuilt = { version, state: bytes, ...numbers, ...freeBeside(found, tokens) };
  const broken = Object.entries(rebuilt).filter(([name, value]) => !isSame(found?.[name], value));
  if (broken.length === 0) return { outcome: ofForecast, version };

  const kept = Platform.safeParse(found?.platform).data ?? platform;
  const mended = {
    ...(kept && { platform: kept }),
    ...rebuilt,
    marked_version: Math.max(0, version - 1),
  };
  const written = await store.mendCalibration(clusterId, mended, found, READ);
  return { outcome: written ? 'mended' : 'overtaken', version };
}

/** The newest version that anything stored refers to: the ledger itself cannot show that its last batches are missing. */
async function newestKnown(store: MendStore, clusterId: string, found: Stored | undefined): Promise<number> {
  const forecast = await store.storedForecast(clusterId);
  const versions = [found?.version, found?.marked_version, forecast?.version];
  return Math.max(0, ...versions.filter((version) => typeof version === 'number'));
}

/** Free tokens and demand, given the places on the item; anything there that is not a place is ignored. */
function freeBeside(item: Stored | undefined, tokens: readonly number[]): Record<string, number> {
  const entries = TIER_INDEXES.flatMap((tier) => {
    const held: unknown = item?.[`places_${tier}`];
    const places = held instanceof Set ? [...held].filter((place) => place instanceof Uint8Array) : [];
    const reserved = places.reduce((sum, place) => sum + costOfPlace(place), 0);
    const demand: unknown = item?.[`demand_${tier}`];
    return [
      [`free_${tier}`, (tokens[tier - 1] ?? 0) - reserved],
      [`demand_${tier}`, typeof demand === 'number' ? demand : 0],
    ] as const;
  });
  return Object.fromEntries(entries);
}

function isSame(one: unknown, rebuilt: unknown): boolean {
  if (one instanceof Uint8Array && rebuilt instanceof Uint8Array) return Buffer.from(one).equals(rebuilt);
  return one === rebuilt;
}
