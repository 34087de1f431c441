import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { nothingReplayed, type Replayed, rowsOfReplayed } from '../domain/forecast/replay.ts';

import { forecastKey, rowKeyOf, saveForecast, saveRow, storedRows } from './tables/forecast.ts';
import type { Table } from './tables/table.ts';

/**
 * Puts the forecast that the ledger gives, and every row of its tables, in the place of what is stored, wherever that differs.
 * Rows come before the forecast itself, as in a fold: whoever dies here leaves what can be mended again.
 * @param version of the newest batch of the ledger
 */
export async function mendForecast(
  table: Table,
  clusterId: string,
  version: number,
  replayed: Replayed,
  now: Date,
): Promise<'mended' | 'same' | 'overtaken'> {
  const Key = forecastKey(clusterId);
  const found = await table.client.send(new GetCommand({ TableName: table.name, Key, ConsistentRead: true }));
  const stored = found.Item;
  const from = numberIn(stored?.version);
  if (from !== null && from > version) return 'overtaken';
  let changed = false;
  for (const kind of ['SHAPE', 'QUEUE'] as const) {
    const rows = await storedRows(table, clusterId, kind);
    const rebuilt = rowsOfReplayed(replayed, kind);
    for (const hash of new Set([...rows.keys(), ...rebuilt.keys()])) {
      const row = rows.get(hash);
      const state = rebuilt.get(hash) ?? null;
      const isWhole = row === undefined || (numberIn(row.version) ?? Number.POSITIVE_INFINITY) <= version;
      if (isWhole && isSame(row?.state, state)) continue;
      const mended = { state, before: null, version };
      await saveRow(
        table,
        rowKeyOf(clusterId, kind, hash),
        mended,
        row === undefined ? null : numberIn(row.version),
        now,
      );
      changed = true;
    }
  }
  const isNew = stored === undefined && isSame(nothingReplayed().state, replayed.state);
  if (isNew || (from === version && isSame(stored?.state, replayed.state))) return changed ? 'mended' : 'same';
  const written = await saveForecast(table, clusterId, { state: replayed.state, version }, from);
  return written ? 'mended' : 'overtaken';
}

function numberIn(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function isSame(stored: unknown, rebuilt: Uint8Array | null): boolean {
  if (rebuilt === null) return stored === undefined;
  return stored instanceof Uint8Array && Buffer.from(stored).equals(rebuilt);
}
