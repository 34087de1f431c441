import { FORECAST } from './numbers.ts';
import { addTo, forget, type Recent, recentFor } from './recent.ts';

/** What is known of jobs that ask for the same. */
export interface ShapeRow {
  pending: number;
  readonly waits: Recent;
  readonly longs: Recent;
  /** When its history was last added to, as a count of all additions; 0 while it has none. */
  added: number;
}

export interface QueueRow {
  readonly waits: Recent;
  added: number;
}

/**
 * Rows by what they are about: all of them where a history is played through, or those that some lines are about where they are
 * items of a table.
 */
export interface Tables {
  readonly shapes: Map<string, ShapeRow>;
  readonly queues: Map<string, QueueRow>;
  /** Who is next to leave, the first of them last; as of the last time that all rows were looked at. */
  readonly leaving: { shapes: Leaving[]; queues: Leaving[] };
}

/** A row, and when its history was last added to at that time. */
interface Leaving {
  readonly key: string;
  readonly added: number;
}

/** How much the tables hold, and how often they were added to: enough to know what is too much without reading them. */
export interface TableCounts {
  /** Shapes and queues that have a history. */
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

/** Whether rows have to leave, for which all of them must be there. */
export function isOverfull({ shapes, queues }: TableCounts): boolean {
  return shapes > FORECAST.tables.shapes || queues > FORECAST.tables.queues;
}

/** Lets the rows go that were added to longest ago. A shape with jobs pending goes on counting them. */
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
 * The row that was added to longest ago. Whatever was added to since all rows were looked at is newer than those that were not, so
 * that they are looked at once in as many evictions as the table has rows, however many jobs of other shapes are pending.
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
