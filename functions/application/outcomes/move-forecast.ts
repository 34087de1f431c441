import type { ForecastItem } from '../../../schemas/items/forecast.ts';
import type { LedgerItem } from '../../../schemas/items/ledger.ts';
import { applyToForecast, rowsOf } from '../../domain/forecast/apply.ts';
import { deserialiseForecast, serialiseForecast } from '../../domain/forecast/codec.ts';
import { FORECAST } from '../../domain/forecast/numbers.ts';
import { coldForecast } from '../../domain/forecast/state.ts';
import { evict, isOverfull } from '../../domain/forecast/tables.ts';
import { UnreadableItem } from '../unreadable.ts';
import { ForecastContended } from './contended.ts';
import { ForecastRows, ROW_KINDS } from './forecast-rows.ts';
import type { ForecastStore } from './ports.ts';

/** Each lost race means that another folder made progress; this many in a row mean that something is wrong. */
const RACES = 20;

/**
 * Moves a cluster's built-in forecast to a batch of the ledger. The rows are written first, so that the next folder can finish what a
 * crashed one left. A cluster without a forecast gets one here.
 * @param read the forecast as read before the batch was written; undefined if it was not read
 * @throws ForecastContended, UnreadableItem, UnreadableState
 */
export async function moveForecast(
  store: ForecastStore,
  clusterId: string,
  batch: LedgerItem,
  read?: ForecastItem | null,
): Promise<void> {
  let known = read;
  for (let races = 0; races < RACES; races++) {
    // Read before the rows, so that the rows are never older than the forecast. A missing forecast may have been created since.
    const item = known ?? (await store.loadForecast(clusterId));
    known = undefined;
    const from = item?.version ?? batch.version - 1;
    if (from >= batch.version) return;
    const next = from + 1 === batch.version ? batch : await store.loadBatch(clusterId, from + 1);
    if (await step(store, clusterId, item, next)) races = 0;
  }
  throw new ForecastContended(`the forecast of ${clusterId} lost ${RACES} races in a row`);
}

/** @returns whether this call moved it */
async function step(
  store: ForecastStore,
  clusterId: string,
  item: ForecastItem | null,
  batch: LedgerItem,
): Promise<boolean> {
  if (item === null && (await hasCounted(store, clusterId, batch.version - 1))) {
    throw new UnreadableItem(`FORECAST of ${clusterId} is missing, although rows of its tables exist`);
  }
  const state = item === null ? coldForecast() : deserialiseForecast(item.state);
  const named = rowsOf(batch.entries);
  const rows = new ForecastRows(store, clusterId, batch.version);
  await Promise.all([rows.load('SHAPE', named.shapes), rows.load('QUEUE', named.queues)]);
  const { tables } = rows;
  applyToForecast(state, tables, batch);
  if (isOverfull(state.queue.tables)) {
    const { shapes, queues } = state.queue.tables;
    if (shapes > FORECAST.tables.shapes) await rows.loadOthers('SHAPE');
    if (queues > FORECAST.tables.queues) await rows.loadOthers('QUEUE');
    evict(state.queue.tables, tables);
  }
  if (rows.isOvertaken) return false;
  await rows.save(new Date(batch.folded_at));
  const moved = { state: serialiseForecast(state), version: batch.version };
  return store.saveForecast(clusterId, moved, item?.version ?? null);
}

/** Whether rows prove that a forecast existed before this first batch: restarting it would leave its counters wrong for good. */
async function hasCounted(
  store: Pick<ForecastStore, 'listRows'>,
  clusterId: string,
  version: number,
): Promise<boolean> {
  const lists = await Promise.all(ROW_KINDS.map((kind) => store.listRows(clusterId, kind)));
  return lists.some((rows) => [...rows.values()].some((row) => row.version <= version && row.state !== undefined));
}
