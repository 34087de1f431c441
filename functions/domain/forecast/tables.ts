import { FORECAST } from './numbers.ts';
import { addTo, forget, type Recent, recentFor } from './recent.ts';

/** What is known of jobs with the same request. */
export interface ShapeRow {
  pending: number;
  readonly waits: Recent;
  readonly longs: Recent;
  /** When its history last grew, as a count of all additions; 0 without history. */
  added: number;
}

export interface QueueRow {
  readonly waits: Recent;
  added: number;
}

/**
 * Rows by their subject: all of them when a history is replayed in memory, or only those that the lines at hand concern when they
 * are items of a table.
 */
export interface Tables {
  readonly shapes: Map<string, ShapeRow>;
  readonly queues: Map<string, QueueRow>;
  /** The eviction queue as of the last scan of all rows; the next to leave is last. */
  readonly leaving: { shapes: Leaving[]; queues: Leaving[] };
}

/** A row, and when its history had last grown at that time. */
interface Leaving {
  readonly key: string;
  readonly added: number;
}

/** The size of the tables and the number of additions, which show without reading rows whether some must leave. */
export interface TableCounts {
  /** Shapes and queues with a history. */
  shapes: number;
  queues: number;
  additions: number;
}

export function emptyTables(): Tables {
  return { shapes: new Map(), queues: new Map(), leaving: { shapes: [], queues: [] } };
}

export function shapeRow(): ShapeRow {
  const { shapeWaits, shapeLongs } = FORECAST.recent;
  return { pending: 0, waits: recentFor(shapeWaits), longs: recentFor(shapeLongs), added: 0 };
}

export function queueRow(): QueueRow {
  return { waits: recentFor(FORECAST.recent.queueWaits), added: 0 };
}

export function shapeIn({ shapes }: Tables, key: string): ShapeRow {
  const known = shapes.get(key);
  if (known !== undefined) return known;
  const row = shapeRow();
  shapes.set(key, row);
  return row;
}

function queueIn({ queues }: Tables, key: string): QueueRow {
  const known = queues.get(key);
  if (known !== undefined) return known;
  const row = queueRow();
  queues.set(key, row);
  return row;
}

/** Adds to the history of a shape: one of its `waits` or `longs`. */
export function addToShape(
  counts: TableCounts,
  tables: Tables,
  key: string,
  history: 'waits' | 'longs',
  value: number,
): void {
  const row = shapeIn(tables, key);
  if (row.added === 0) counts.shapes += 1;
  counts.additions += 1;
  row.added = counts.additions;
  addTo(row[history], value);
}

export function addToQueue(counts: TableCounts, tables: Tables, key: string, value: number): void {
  const row = queueIn(tables, key);
  if (row.added === 0) counts.queues += 1;
  counts.additions += 1;
  row.added = counts.additions;
  addTo(row.waits, value);
}

/** Whether rows have to leave, which requires all rows to be loaded. */
export function isOverfull({ shapes, queues }: TableCounts): boolean {
  return shapes > FORECAST.tables.shapes || queues > FORECAST.tables.queues;
}

/** Evicts the rows that grew longest ago. A shape with pending jobs still counts them. */
export function evict(counts: TableCounts, { shapes, queues, leaving }: Tables): void {
  for (; counts.shapes > FORECAST.tables.shapes; counts.shapes--) {
    const [key, row] = oldestOf(shapes, leaving.shapes) ?? [];
    if (key === undefined || row === undefined) break;
    forget(row.waits);
    forget(row.longs);
    row.added = 0;
    if (row.pending === 0) shapes.delete(key);
  }
  for (; counts.queues > FORECAST.tables.queues; counts.queues--) {
    const [key] = oldestOf(queues, leaving.queues) ?? [];
    if (key === undefined) break;
    queues.delete(key);
  }
}

/**
 * The row that grew longest ago. Rows that grew since the last scan are newer than those that did not, so one scan serves as many
 * evictions as the table has rows, however many jobs of other shapes are pending.
 */
function oldestOf<Row extends { added: number }>(rows: Map<string, Row>, leaving: Leaving[]): [string, Row] | null {
  if (leaving.length === 0) look(rows, leaving);
  for (let next = leaving.pop(); next !== undefined; next = leaving.pop()) {
    const row = rows.get(next.key);
    if (row !== undefined && row.added === next.added) return [next.key, row];
    if (leaving.length === 0) look(rows, leaving);
  }
  return null;
}

function look<Row extends { added: number }>(rows: Map<string, Row>, leaving: Leaving[]): void {
  for (const [key, { added }] of rows) if (added > 0) leaving.push({ key, added });
  leaving.sort((one, other) => other.added - one.added);
}
