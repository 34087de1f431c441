import type {
  AnswerOutsideSlackStore,
  AnswerStore,
  ClickStore,
  DigestStore,
  DriftNoticeStore,
  ExpireStore,
  ExplainStore,
  FreezeStore,
  ListStore,
  NotifyStore,
  PresentStore,
  PublishStore,
  RefitNoticeStore,
  RequestStore,
  SettleStore,
  SweepStore,
  TakeBackStore,
  TroubleStore,
  UndoStore,
  VoidApprovalStore,
  VoidStore,
} from '../../application/approvals/ports.ts';
import { audit } from './approval-audit.ts';
import { loadApproval } from './approval-item.ts';
import { closedApprovals, openApprovals } from './approval-lists.ts';
import { countLook } from './approval-looks.ts';
import {
  askUndo,
  markAnnounced,
  markReminded,
  markShown,
  noteEffect,
  noteExplanation,
  recordCard,
} from './approval-notes.ts';
import {
  closeApproval,
  decideApproval,
  expireApproval,
  openApproval,
  voidApproval,
  voidQuestion,
} from './approvals.ts';
import { freePlace } from './asking.ts';
import { recordAutonomousEffect } from './autonomous-effects.ts';
import { bind } from './bind.ts';
import { listClusters, loadCalibration } from './calibration.ts';
import { loadPause, savePause } from './channel-pauses.ts';
import { loadConfig, loadFreeze } from './config.ts';
import { acknowledgeDigest, beginDigest, markPosted, rowsBetween } from './daily-digests.ts';
import { saveAnnounced, saveHeard } from './drift-notices.ts';
import { keepExplanation, loadExplanation, spendOne } from './explanations.ts';
import { liftFreeze, putFreeze } from './freeze.ts';
import { loadJob, recordEffect } from './jobs.ts';
import { changeCrowd, crowdedChannels, loadCrowd, loadList, pinList } from './question-lists.ts';
import { changeStatements, loadStatements } from './statements.ts';
import type { Table } from './table.ts';
import { deleteToken, loadToken } from './task-tokens.ts';
import { claimTrouble, forgetTrouble } from './visit-trouble.ts';

/*
 * The table as each approval use case sees it. A handler's bundle contains only what its store binds: only slack-webhook,
 * approval-sweeper and ingest-outcome settle, so only they can read task tokens.
 */

const listStore = (table: Table): ListStore => bind(table, { loadApproval, loadCrowd, changeCrowd, pinList });

const presentStore = (table: Table): PresentStore => ({
  ...listStore(table),
  ...bind(table, { markShown, recordCard }),
});

const publishStore = (table: Table): PublishStore => ({
  ...listStore(table),
  ...bind(table, { audit, markShown, freePlace, markAnnounced }),
});

const settleStore = (table: Table): SettleStore => ({
  ...publishStore(table),
  ...bind(table, { loadToken, deleteToken, closeApproval }),
});

export const requestStore = (table: Table): RequestStore => ({
  ...presentStore(table),
  ...publishStore(table),
  ...bind(table, { loadJob, voidQuestion, loadCalibration, openApproval }),
});

export const expireStore = (table: Table): ExpireStore => ({
  ...publishStore(table),
  ...bind(table, { expireApproval }),
});

export const voidApprovalStore = (table: Table): VoidApprovalStore => ({
  ...publishStore(table),
  ...bind(table, { voidApproval }),
});

export const voidQuestionsStore = (table: Table): VoidStore & SettleStore => ({
  ...settleStore(table),
  ...bind(table, { loadJob, voidQuestion }),
});

export const sweepStore = (table: Table): SweepStore => ({
  ...voidQuestionsStore(table),
  ...presentStore(table),
  ...expireStore(table),
  ...bind(table, { noteEffect, loadConfig, markReminded, openApprovals, crowdedChannels, loadPause, savePause }),
});

export const takeBackStore = (table: Table): TakeBackStore => ({
  ...publishStore(table),
  ...bind(table, { loadJob, noteEffect, loadConfig, recordEffect }),
});

const answerStore = (table: Table): AnswerStore =>
  bind(table, { loadApproval, loadConfig, loadJob, audit, decideApproval, voidQuestion });

const undoStore = (table: Table): UndoStore => bind(table, { audit, markShown, askUndo });

const freezeStore = (table: Table): FreezeStore => bind(table, { audit, loadFreeze, putFreeze, liftFreeze });

export const answerOutsideSlackStore = (table: Table): AnswerOutsideSlackStore => ({
  ...publishStore(table),
  ...answerStore(table),
  ...undoStore(table),
  ...freezeStore(table),
  ...bind(table, { countLook }),
});

export const clickStore = (table: Table): ClickStore => ({
  ...settleStore(table),
  ...answerStore(table),
  ...undoStore(table),
  ...freezeStore(table),
  ...bind(table, { loadList, acknowledgeDigest, recordCard, countLook }),
});

export const notifyStore = (table: Table): NotifyStore =>
  bind(table, { loadJob, recordAutonomousEffect, recordCard, markShown, loadStatements, changeStatements });

export const digestStore = (table: Table): DigestStore =>
  bind(table, { audit, loadConfig, listClusters, rowsBetween, closedApprovals, beginDigest, markPosted });

export const explainStore = (table: Table): ExplainStore =>
  bind(table, { loadApproval, markShown, noteExplanation, loadExplanation, keepExplanation, spendOne });

export const driftNoticeStore = (table: Table): DriftNoticeStore =>
  bind(table, { loadConfig, saveAnnounced, saveHeard });

export const refitNoticeStore = (table: Table): RefitNoticeStore => bind(table, { loadConfig });

export const troubleStore = (table: Table): TroubleStore => bind(table, { claimTrouble, forgetTrouble });
