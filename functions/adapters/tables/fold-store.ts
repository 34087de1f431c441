import type { FoldStart, FoldStore, SnapshotStore } from '../../application/outcomes/ports.ts';
import { bind } from './bind.ts';
import { calibrationFrom, calibrationKey, saveFold, saveMarked } from './calibration.ts';
import {
  forecastFrom,
  forecastKey,
  listRows,
  loadCounts,
  loadForecast,
  loadRows,
  saveForecast,
  saveRow,
} from './forecast.ts';
import { findBatch, loadBatch, putBatch } from './ledger.ts';
import { dueRounds, labelRow, leaveUntilDue, loadJobs, markBlindly, markRow } from './outcomes.ts';
import { readTogether } from './read-together.ts';
import { keepSnapshot, markSnapshot, snapshotFrom, snapshotKey } from './snapshots.ts';
import type { Table } from './table.ts';

export const foldStore = (table: Table): FoldStore =>
  bind(table, {
    loadFoldStart,
    dueRounds,
    loadJobs,
    labelRow,
    leaveUntilDue,
    findBatch,
    loadBatch,
    putBatch,
    loadForecast,
    loadRows,
    listRows,
    saveRow,
    saveForecast,
    saveFold,
    markRow,
    markBlindly,
    markSnapshot,
    saveMarked,
  });

export const snapshotStore = (table: Table): SnapshotStore => ({
  ...foldStore(table),
  ...bind(table, { loadCounts, keepSnapshot }),
});

async function loadFoldStart(table: Table, clusterId: string, now: Date): Promise<FoldStart> {
  const items = await readTogether(
    table,
    [calibrationKey, forecastKey, snapshotKey].map((key) => key(clusterId)),
  );
  return {
    calibration: () => calibrationFrom(items, clusterId),
    forecast: () => forecastFrom(items, clusterId),
    snapshot: () => snapshotFrom(items, clusterId, now),
  };
}
