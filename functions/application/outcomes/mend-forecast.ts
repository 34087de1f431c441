import { nothingReplayed, type Replayed, rowsOfReplayed } from '../../domain/forecast/replay.ts';
import { ROW_KINDS } from './forecast-rows.ts';
import type { ForecastMendStore } from './ports.ts';

/**
 * Replaces the stored forecast and table rows with those rebuilt from the ledger, wherever they differ.
 * As in a fold, rows are written before the forecast itself, so that this can be repeated after a crash.
 * @param version of the newest batch of the ledger
 */
export async function mendForecast(
  store: ForecastMendStore,
  clusterId: string,
  version: number,
  replayed: Replayed,
  now: Date,
): Promise<'mended' | 'same' | 'overtaken'> {
  const stored = await store.storedForecast(clusterId);
  const from = numberIn(stored?.version);
  if (from !== null && from > version) return 'overtaken';
  let changed = false;
  for (const kind of ROW_KINDS) {
    const rows = await store.storedRows(clusterId, kind);
    const rebuilt = rowsOfReplayed(replayed, kind);
    for (const hash of new Set([...rows.keys(), ...rebuilt.keys()])) {
      const row = rows.get(hash);
      const state = rebuilt.get(hash) ?? null;
      const isWhole = row === undefined || (numberIn(row.version) ?? Number.POSITIVE_INFINITY) <= version;
      if (isWhole && isSame(row?.state, state)) continue;
      const rowFrom = row === undefined ? null : numberIn(row.version);
      await store.saveRow(clusterId, { kind, hash }, { state, before: null, version }, rowFrom, now);
      changed = true;
    }
  }
  const isNew = stored === undefined && isSame(nothingReplayed().state, replayed.state);
  if (isNew || (from === version && isSame(stored?.state, replayed.state))) return changed ? 'mended' : 'same';
  const written = await store.saveForecast(clusterId, { state: replayed.state, version }, from);
  return written ? 'mended' : 'overtaken';
}

function numberIn(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function isSame(stored: unknown, rebuilt: Uint8Array | null): boolean {
  if (rebuilt === null) return stored === undefined;
  return stored instanceof Uint8Array && Buffer.from(stored).equals(rebuilt);
}
