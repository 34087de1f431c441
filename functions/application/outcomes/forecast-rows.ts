import type { ForecastRow } from '../../../schemas/items/forecast.ts';
import { deserialiseQueue, deserialiseShape } from '../../domain/forecast/codec.ts';
import { queueBytes, shapeBytes } from '../../domain/forecast/replay.ts';
import { hashOf, type RowKind, rowAfter } from '../../domain/forecast/rows.ts';
import { emptyTables, type Tables } from '../../domain/forecast/tables.ts';
import type { ForecastStore } from './ports.ts';

export const ROW_KINDS = ['SHAPE', 'QUEUE'] as const satisfies RowKind[];

const WRITES_AT_ONCE = 10;

/** The rows one batch concerns, as they were before it. */
export class ForecastRows {
  readonly tables: Tables = emptyTables();
  /** Another folder has already applied a later batch. */
  isOvertaken = false;
  readonly #store: Pick<ForecastStore, 'loadRows' | 'listRows' | 'saveRow'>;
  readonly #clusterId: string;
  readonly #version: number;
  readonly #stored: Record<RowKind, Map<string, ForecastRow>> = { SHAPE: new Map(), QUEUE: new Map() };
  /** Hashes of the names in the batch. The names of other rows are unknown and not needed. */
  readonly #hashes: Record<RowKind, Map<string, string>> = { SHAPE: new Map(), QUEUE: new Map() };

  constructor(store: Pick<ForecastStore, 'loadRows' | 'listRows' | 'saveRow'>, clusterId: string, version: number) {
    this.#store = store;
    this.#clusterId = clusterId;
    this.#version = version;
  }

  async load(kind: RowKind, names: ReadonlySet<string>): Promise<void> {
    for (const name of names) this.#hashes[kind].set(name, hashOf(name));
    const stored = await this.#store.loadRows(this.#clusterId, kind, [...this.#hashes[kind].values()]);
    for (const [name, hash] of this.#hashes[kind]) this.#take(kind, name, hash, stored.get(hash));
  }

  async loadOthers(kind: RowKind): Promise<void> {
    const known = new Set(this.#hashes[kind].values());
    for (const [hash, row] of await this.#store.listRows(this.#clusterId, kind)) {
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
    const writes = ROW_KINDS.flatMap((kind) =>
      Array.from(
        this.#hashes[kind],
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
    const version = this.#version;
    const stored = this.#stored[kind].get(hash) ?? null;
    // Written by a folder that crashed during this batch.
    if (stored !== null && stored.version >= version) return;
    const before = rowAfter(stored, version - 1);
    const state = kind === 'SHAPE' ? shapeBytes(this.tables, name) : queueBytes(this.tables, name);
    if (isSame(before, state)) return;
    const from = stored?.version ?? null;
    await this.#store.saveRow(this.#clusterId, { kind, hash }, { state, before, version }, from, now);
  }
}

function isSame(one: Uint8Array | null, other: Uint8Array | null): boolean {
  return one === null || other === null ? one === other : Buffer.from(one).equals(other);
}
