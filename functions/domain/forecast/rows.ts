import { createHash } from 'node:crypto';
import type { ForecastRow } from '../../../schemas/items/forecast.ts';

/** The two tables of the forecast, named as in their keys. */
export type RowKind = 'SHAPE' | 'QUEUE';

/** Eight bytes that identify a shape or queue name, so that keys stay short however long the name is. */
export function hashOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 16);
}

/**
 * A row as it was after a batch. A folder that died during the next batch may already have overwritten it, so the previous value
 * is kept beside it.
 * @returns null if there was no row
 */
export function rowAfter(row: ForecastRow | null, version: number): Uint8Array | null {
  if (row === null) return null;
  return (row.version <= version ? row.state : row.before) ?? null;
}
