import type { BrokenExecutionStore, ClosingStore } from '../../application/decisions/ports.ts';
import { admissionStore } from './admission-store.ts';
import { voidQuestion } from './approvals.ts';
import { freePlace } from './asking.ts';
import { bind } from './bind.ts';
import { releaseRound } from './calibration.ts';
import { closeJob, loadJob } from './jobs.ts';
import type { Table } from './table.ts';

export const closingStore = (table: Table): ClosingStore => bind(table, { closeJob, freePlace });

export const brokenExecutionStore = (table: Table): BrokenExecutionStore => ({
  ...admissionStore(table),
  ...closingStore(table),
  ...bind(table, { loadJob, releaseRound, voidQuestion }),
});
