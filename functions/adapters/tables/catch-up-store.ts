import type { CatchUpStore } from '../../application/outcomes/catch-up.ts';
import type { ReservationStore } from '../../application/outcomes/ports.ts';
import { bind } from './bind.ts';
import { closeCalls, giveBack, loadCalibration } from './calibration.ts';
import { loadConfig } from './config.ts';
import { claimDriftNews } from './drift-notices.ts';
import { foldStore } from './fold-store.ts';
import { dueRounds, loadJobs } from './outcomes.ts';
import { loadRefit } from './refits.ts';
import type { Table } from './table.ts';
import { forgetTrouble } from './visit-trouble.ts';

export const reservationStore = (table: Table): ReservationStore =>
  bind(table, { loadCalibration, dueRounds, loadJobs, giveBack, closeCalls });

export const catchUpStore = (table: Table): CatchUpStore => ({
  ...foldStore(table),
  ...reservationStore(table),
  ...bind(table, { loadConfig, loadRefit, claimDriftNews, forgetTrouble }),
});
