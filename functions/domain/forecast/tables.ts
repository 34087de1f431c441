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
}

/** How much the tables hold, and how often they were added to: enough to know what is too much without reading them. */
export interface TableCounts {
  /** Shapes and queues that have a history. */
  shapes: number;
  queues: number;
  additions: number;
}

export function emptyTables(): Tables {
  return { shapes: new Map(), queues: new Map() };
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
export function evict(counts: TableCounts, { shapes, queues }: Tables): void {
  for (; counts.shapes > FORECAST.tables.shapes; counts.shapes--) {
    const oldest = oldestOf(shapes);
    if (oldest === null) break;
    const [key, row] = oldest;
    forget(row.waits);
    forget(row.longs);
    row.added = 0;
    if (row.pending === 0) shapes.delete(key);
  }
  for (; counts.queues > FORECAST.tables.queues; counts.queues--) {
    const oldest = oldestOf(queues);
    if (oldest === null) break;
    queues.delete(oldest[0]);
  }
}

function oldestOf<Row extends { added: number }>(rows: Map<string, Row>): [string, Row] | null {
  let oldest: [string, Row] | null = null;
  for (const entry of rows) {
    const { added } = entry[1];
    if (added > 0 && added < (oldest?.[1].added ?? Number.POSITIVE_INFINITY)) oldest = entry;
  }
  return oldest;
}
