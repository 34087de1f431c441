import type { IngestStore, OutcomeStore } from '../../application/outcomes/ports.ts';
import { voidQuestionsStore } from './approval-stores.ts';
import { bind } from './bind.ts';
import { loadConfig } from './config.ts';
import { foldStore } from './fold-store.ts';
import { joinOutcomeToRow } from './outcomes.ts';
import { roundToTell } from './rounds.ts';
import type { Table } from './table.ts';
import { dropWaiting, keepWaiting } from './waiting-outcomes.ts';

export const outcomeStore = (table: Table): OutcomeStore =>
  bind(table, { joinOutcomeToRow, roundToTell, keepWaiting, dropWaiting });

export const ingestStore = (table: Table): IngestStore => ({
  ...outcomeStore(table),
  ...voidQuestionsStore(table),
  ...foldStore(table),
  ...bind(table, { loadConfig }),
});
