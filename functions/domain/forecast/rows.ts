import { createHash } from 'node:crypto';
import type { ForecastRow } from '../../../schemas/items/forecast.ts';

/** The two tables of the forecast, as their keys name them. */
export type RowKind = 'SHAPE' | 'QUEUE';

/** Eight bytes that stand for a shape or the name of a queue: keys stay short however long the name is. */
export function hashOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 16);
}

/**
 * A row as it stood after a batch. A folder that died on the next batch may already have written it: its value before that batch is
 * kept beside it.
 * @returns null where there was no row
 */
export function rowAfter(row: ForecastRow | null, version: number): Uint8Array | null {
  if (row === null) return null;
  return (row.version <= version ? row.state : row.before) ?? null;
}
