import type { AdmissionStore } from '../../application/decisions/ports.ts';
import { bind } from './bind.ts';
import { loadConfig } from './config.ts';
import { claimJob, recordOwnEffect } from './jobs.ts';
import { joinOutcomeToRow, recordSuperseded } from './outcomes.ts';
import { latestRound, neighboursOf } from './rounds.ts';
import type { Table } from './table.ts';
import { dropWaiting, waitingFor } from './waiting-outcomes.ts';

export const admissionStore = (table: Table): AdmissionStore =>
  bind(table, {
    claimJob,
    neighboursOf,
    latestRound,
    recordOwnEffect,
    recordSuperseded,
    joinOutcomeToRow,
    waitingFor,
    dropWaiting,
    loadConfig,
  });
