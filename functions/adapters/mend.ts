import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { ClusterConfig } from '../../schemas/config.ts';
import { Platform } from '../../schemas/primitives.ts';
import { stored } from '../domain/fold-batch.ts';
import { costOfPlace } from '../domain/place.ts';
import { TIER_NUMBERS } from '../domain/reservations.ts';
import { rebuild } from './fold.ts';
import { mendForecast } from './mend-forecast.ts';
import { calibrationKey } from './tables/calibration.ts';
import { loadBatch } from './tables/ledger.ts';
import { conditionally, type Table, upsertItem } from './tables/table.ts';

/** `same`: the stored state is what the ledger gives. `overtaken`: somebody folded or reserved meanwhile; try again. */
type Mended = { outcome: 'mended' | 'same' | 'overtaken' | 'noLedger'; version: number };

/**
 * Puts calibration and forecast as the ledger gives them in the place of stored ones that are broken or doubted. Reservations stay, and what is free
 * beside them follows: the next fold settles them. Rows of the newest batch are marked again by whoever folds next, which is harmless.
 * @throws UnreadableItem when the ledger itself cannot be read; nothing is written then
 */
export async function mendFromLedger(
  table: Table,
  { clusterId, platform }: Pick<ClusterConfig, 'clusterId' | 'platform'>,
): Promise<Mended> {
  const Key = calibrationKey(clusterId);
  const found = await table.client.send(new GetCommand({ TableName: table.name, Key, ConsistentRead: true }));
  const ledger = await rebuild(table, clusterId);
  if (!ledger) return { outcome: 'noLedger', version: 0 };
  const { version, state, forecast } = ledger;
  const { folded_at } = await loadBatch(table, clusterId, version);
  const ofForecast = await mendForecast(table, clusterId, version, forecast, new Date(folded_at));
  if (ofForecast === 'overtaken') return { outcome: 'overtaken', version };
  const { numbers, tokens, state: bytes } = stored(state, folded_at);
  const rebuilt = { version, state: bytes, ...numbers, ...freeBeside(found.Item, tokens) };
  const item = found.Item ?? {};
  const broken = Object.entries(rebuilt).filter(([name, value]) => !isSame(item[name], value));
  if (broken.length === 0) return { outcome: ofForecast, version };

  const whole = {
    ...{ listing: 'CLUSTERS', listing_key: clusterId, cluster_id: clusterId },
    platform: Platform.safeParse(item.platform).data ?? platform,
    ...rebuilt,
    marked_version: Math.max(0, version - 1),
  };
  const names = Object.keys(whole);
  const unchanged = READ.map((name) =>
    item[name] === undefined ? `attribute_not_exists(#${name})` : `#${name} = :stored_${name}`,
  );
  const written = await conditionally(
    upsertItem(table, Key, {
      UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
      ConditionExpression: unchanged.join(' AND '),
      ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
      ExpressionAttributeValues: {
        ...Object.fromEntries(Object.entries(whole).map(([name, value]) => [`:${name}`, value])),
        ...Object.fromEntries(READ.flatMap((name) => (name in item ? [[`:stored_${name}`, item[name]]] : []))),
      },
    }),
  );
  return { outcome: written ? 'mended' : 'overtaken', version };
}

/** What a fold or a decision changes: neither may have happened since, or tokens that it took would be free again. */
const READ = ['state', 'version', ...TIER_NUMBERS.map((tier) => `free_${tier}`)];

/** Free tokens and demand beside the places that the item holds; what is no place there is none. */
function freeBeside(item: Record<string, unknown> | undefined, tokens: readonly number[]): Record<string, number> {
  const entries = TIER_NUMBERS.flatMap((tier) => {
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

function isSame(stored: unknown, rebuilt: unknown): boolean {
  if (stored instanceof Uint8Array && rebuilt instanceof Uint8Array) return Buffer.from(stored).equals(rebuilt);
  return stored === rebuilt;
}
