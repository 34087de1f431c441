import type { OutcomeStore } from '../../application/outcomes/ports.ts';
import { bind } from './bind.ts';
import { recordOutcome } from './outcomes.ts';
import { roundToTell } from './rounds.ts';
import type { Table } from './table.ts';
import { dropWaiting, keepWaiting } from './waiting-outcomes.ts';

export const outcomeStore = (table: Table): OutcomeStore =>
  bind(table, { recordOutcome, roundToTell, keepWaiting, dropWaiting });
