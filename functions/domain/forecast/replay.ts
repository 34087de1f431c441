import type { LedgerItem } from '../../../schemas/items/ledger.ts';
import { applyToForecast } from './apply.ts';
import { deserialiseForecast, serialiseForecast, serialiseQueue, serialiseShape } from './codec.ts';
import { hashOf, type RowKind } from './rows.ts';
import { coldForecast } from './state.ts';
import { emptyTables, evict, type Tables } from './tables.ts';

/** A forecast replayed from the ledger alone, with the rows of its tables. */
export interface Replayed {
  state: Uint8Array<ArrayBuffer>;
  readonly tables: Tables;
}

export function nothingReplayed(): Replayed {
  return { state: serialiseForecast(coldForecast()), tables: emptyTables() };
}

/** The step of a fold, from the ledger alone. It also starts and ends with stored bytes, since storing drops some digits. */
export function replayBatch(replayed: Replayed, batch: LedgerItem): void {
  const state = deserialiseForecast(replayed.state);
  applyToForecast(state, replayed.tables, batch);
  evict(state.queue.tables, replayed.tables);
  replayed.state = serialiseForecast(state);
}

/** The stored rows of one table, by hash. */
export function rowsOfReplayed({ tables }: Replayed, kind: RowKind): Map<string, Uint8Array> {
  const names = kind === 'SHAPE' ? tables.shapes.keys() : tables.queues.keys();
  const rows = new Map<string, Uint8Array>();
  for (const name of names) {
    const bytes = kind === 'SHAPE' ? shapeBytes(tables, name) : queueBytes(tables, name);
    if (bytes !== null) rows.set(hashOf(name), bytes);
  }
  return rows;
}

export function shapeBytes({ shapes }: Tables, name: string): Uint8Array | null {
  const row = shapes.get(name);
  return row === undefined ? null : serialiseShape(row);
}

export function queueBytes({ queues }: Tables, name: string): Uint8Array | null {
  const row = queues.get(name);
  return row === undefined ? null : serialiseQueue(row);
}
