import type {
  ChangeReader,
  EpochStore,
  FactReader,
  PromoteRefitStore,
  RefitHistoryStore,
  RefitModelStore,
  RejectRefitStore,
  RollBackRefitStore,
  StateReader,
  WatchRefitStore,
} from '../../application/recalibration/ports.ts';
import { bind } from './bind.ts';
import { loadCalibration, saveFold, saveMarked } from './calibration.ts';
import { loadConfig } from './config.ts';
import { listRows, loadForecast, loadRows, saveForecast, saveRow } from './forecast.ts';
import { findBatch, loadBatch, putBatch, readLedgerBackwards } from './ledger.ts';
import { loadJobs, markBlindly, markRow } from './outcomes.ts';
import { loadRefit, saveLook, saveRefit } from './refits.ts';
import { markSnapshot } from './snapshots.ts';
import type { Table } from './table.ts';

export const stateReader = (table: Table): StateReader => bind(table, { loadCalibration });

export const refitHistoryStore = (table: Table): RefitHistoryStore => bind(table, { loadRefit });

export const factReader = (table: Table): FactReader => bind(table, { readLedgerBackwards });

export const changeReader = (table: Table): ChangeReader => bind(table, { loadRefit, findBatch, readLedgerBackwards });

export const epochStore = (table: Table): EpochStore => ({
  ...changeReader(table),
  ...bind(table, {
    loadCalibration,
    loadBatch,
    putBatch,
    loadForecast,
    loadRows,
    listRows,
    saveRow,
    saveForecast,
    saveFold,
    loadJobs,
    markRow,
    markBlindly,
    markSnapshot,
    saveMarked,
  }),
});

export const refitModelStore = (table: Table): RefitModelStore =>
  bind(table, { loadCalibration, loadConfig, readLedgerBackwards });

export const watchRefitStore = (table: Table): WatchRefitStore => ({
  ...changeReader(table),
  ...bind(table, { loadCalibration, loadConfig, saveLook }),
});

export const rejectRefitStore = (table: Table): RejectRefitStore => bind(table, { saveRefit });

export const promoteRefitStore = (table: Table): PromoteRefitStore => ({
  ...epochStore(table),
  ...bind(table, { loadConfig, saveRefit }),
});

export const rollBackRefitStore = (table: Table): RollBackRefitStore => ({
  ...promoteRefitStore(table),
  ...bind(table, { saveLook }),
});
