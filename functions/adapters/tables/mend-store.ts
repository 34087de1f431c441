import type { LedgerReader, MendStore } from '../../application/outcomes/ports.ts';
import { bind } from './bind.ts';
import { saveForecast, saveRow, storedRows } from './forecast.ts';
import { loadBatch, readLedger } from './ledger.ts';
import { mendCalibration, storedCalibration, storedForecast } from './mending.ts';
import type { Table } from './table.ts';

export const ledgerReader = (table: Table): LedgerReader => bind(table, { readLedger });

export const mendStore = (table: Table): MendStore => ({
  ...ledgerReader(table),
  ...bind(table, {
    loadBatch,
    storedCalibration,
    mendCalibration,
    storedForecast,
    storedRows,
    saveRow,
    saveForecast,
  }),
});
