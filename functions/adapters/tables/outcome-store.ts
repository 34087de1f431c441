import type { OutcomeStore } from '../../application/outcomes/ports.ts';
import { bind } from './bind.ts';
import { joinOutcomeToRow } from './outcomes.ts';
import { latestRound } from './rounds.ts';
import type { Table } from './table.ts';
import { dropWaiting, keepWaiting } from './waiting-outcomes.ts';

export const outcomeStore = (table: Table): OutcomeStore =>
  bind(table, { joinOutcomeToRow, latestRound, keepWaiting, dropWaiting });
