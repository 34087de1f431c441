import type { ForecastItem, ForecastRow } from '../../schemas/items/forecast.ts';
import type { LedgerItem } from '../../schemas/items/ledger.ts';
import { ForecastContended } from '../application/outcomes/contended.ts';
import { UnreadableItem } from '../application/unreadable.ts';
import { applyToForecast, rowsOf } from '../domain/forecast/apply.ts';
import {
  deserialiseForecast,
  deserialiseQueue,
  deserialiseShape,
  serialiseForecast,
} from '../domain/forecast/codec.ts';
import { FORECAST } from '../domain/forecast/numbers.ts';
import { queueBytes, shapeBytes } from '../domain/forecast/replay.ts';
import { hashOf, type RowKind, rowAfter } from '../domain/forecast/rows.ts';
import { coldForecast } from '../domain/forecast/state.ts';
import { emptyTables, evict, isOverfull, type Tables } from '../domain/forecast/tables.ts';
import { forecastKey, listRows, loadForecast, loadRows, rowKeyOf, saveForecast, saveRow } from './tables/forecast.ts';
import { loadBatch } from './tables/ledger.ts';
import type { Table } from './tables/table.ts';

/** Each lost race means that another folder made progress; this many in a row means that something else is wrong. */
const RACES = 20;
const WRITES_AT_ONCE = 10;

/**
 * Moves the built-in forecast of a cluster to a batch that stands in the ledger, and its rows before it, so that whoever dies on the
 * way leaves what the next folder can finish. A cluster that has none begins to count here.
 * @param read the forecast as it was read before the batch was written; undefined where it was not
 * @throws ForecastContended, UnreadableItem, UnreadableState
 */
export async function moveForecast(
  table: Table,
  clusterId: string,
  batch: LedgerItem,
  read?: ForecastItem | null,
): Promise<void> {
  let known = read;
  for (let races = 0; races < RACES; races++) {
    // Before the rows: what they have seen is then no older than what it has.
    // One that was missing may have come since.
    const item = known ?? (await loadForecast(table, clusterId));
    known = undefined;
    const from = item?.version ?? batch.version - 1;
    if (from >= batch.version) return;
    const next = from + 1 === batch.version ? batch : await loadBatch(table, clusterId, from + 1);
    if (await step(table, clusterId, item, next)) races = 0;
  }
  throw new ForecastContended(`the forecast of ${clusterId} lost ${RACES} races in a row`);
}

/** @returns whether it was this call that moved it */
async function step(table: Table, clusterId: string, item: ForecastItem | null, batch: LedgerItem): Promise<boolean> {
  if (item === null && (await hasCounted(table, clusterId, batch.version - 1))) {
    throw new UnreadableItem(`${forecastKey(clusterId).SK} of ${clusterId} is gone, and rows of its tables are there`);
  }
  const state = item === null ? coldForecast() : deserialiseForecast(item.state);
  const named = rowsOf(batch.entries);
  const rows = new Rows(table, clusterId, batch.version);
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
  return saveForecast(table, clusterId, moved, item?.version ?? null);
}

/** Whether rows say that a forecast stood before the batch that is to be its first: begun anew, its counters would be wrong for good. */
async function hasCounted(table: Table, clusterId: string, version: number): Promise<boolean> {
  const kinds = ['SHAPE', 'QUEUE'] as const;
  const lists = await Promise.all(kinds.map((kind) => listRows(table, clusterId, kind)));
  return lists.some((rows) => [...rows.values()].some((row) => row.version <= version && row.state !== undefined));
}

/** The rows of a cluster that one batch is about, as they were before it. */
class Rows {
  readonly tables: Tables = emptyTables();
  /** Somebody has applied a later batch already. */
  isOvertaken = false;
  readonly #table: Table;
  readonly #clusterId: string;
  readonly #version: number;
  readonly #stored: Record<RowKind, Map<string, ForecastRow>> = { SHAPE: new Map(), QUEUE: new Map() };
  /** Hashes of the names that the batch speaks of. Of other rows nobody knows the name, nor needs it. */
  readonly #hashes: Record<RowKind, Map<string, string>> = { SHAPE: new Map(), QUEUE: new Map() };

  constructor(table: Table, clusterId: string, version: number) {
    this.#table = table;
    this.#clusterId = clusterId;
    this.#version = version;
  }

  async load(kind: RowKind, names: ReadonlySet<string>): Promise<void> {
    for (const name of names) this.#hashes[kind].set(name, hashOf(name));
    const stored = await loadRows(this.#table, this.#clusterId, kind, [...this.#hashes[kind].values()]);
    for (const [name, hash] of this.#hashes[kind]) this.#take(kind, name, hash, stored.get(hash));
  }

  async loadOthers(kind: RowKind): Promise<void> {
    const known = new Set(this.#hashes[kind].values());
    for (const [hash, row] of await listRows(this.#table, this.#clusterId, kind)) {
      if (known.has(hash)) continue;
      const name = `#${hash}`;
      this.#hashes[kind].set(name, hash);
      this.#take(kind, name, hash, row);
    }
  }

  #take(kind: RowKind, name: string, hash: string, row: ForecastRow | undefined): void {
    if (row === undefined) return;
    if (row.version > this.#version) this.isOvertaken = true;
    this.#stored[kind].set(hash, row);
    const bytes = rowAfter(row, this.#version - 1);
    if (bytes === null) return;
    if (kind === 'SHAPE') this.tables.shapes.set(name, deserialiseShape(bytes));
    else this.tables.queues.set(name, deserialiseQueue(bytes));
  }

  async save(now: Date): Promise<void> {
    const writes = (['SHAPE', 'QUEUE'] as const).flatMap((kind) =>
      [...this.#hashes[kind]].map(
        ([name, hash]) =>
          () =>
            this.#save(kind, name, hash, now),
      ),
    );
    for (let at = 0; at < writes.length; at += WRITES_AT_ONCE) {
      await Promise.all(writes.slice(at, at + WRITES_AT_ONCE).map((write) => write()));
    }
  }

  async #save(kind: RowKind, name: string, hash: string, now: Date): Promise<void> {
    const stored = this.#stored[kind].get(hash) ?? null;
    // By whoever died on this batch before us.
    if (stored !== null && stored.version >= this.#version) return;
    const before = rowAfter(stored, this.#version - 1);
    const state = kind === 'SHAPE' ? shapeBytes(this.tables, name) : queueBytes(this.tables, name);
    if (isSame(before, state)) return;
    const key = rowKeyOf(this.#clusterId, kind, hash);
    await saveRow(this.#table, key, { state, before, version: this.#version }, stored?.version ?? null, now);
  }
}

function isSame(one: Uint8Array | null, other: Uint8Array | null): boolean {
  return one === null || other === null ? one === other : Buffer.from(one).equals(other);
}
