import type { ClusterConfig } from '../../../schemas/config.ts';
import type { Decision } from '../../../schemas/decision.ts';
import type { Effect } from '../../../schemas/effect.ts';
import type {
  AnsweredIn,
  ApprovalAnswer,
  ApprovalItem,
  ChannelPause,
  DailyDigestItem,
  Question,
  Subject,
} from '../../../schemas/items/approval.ts';
import type { CalibrationItem } from '../../../schemas/items/calibration.ts';
import type { JobItem } from '../../../schemas/items/job.ts';
import type { Terms } from '../../domain/approval-terms.ts';
import type { Crowd } from '../../domain/crowd.ts';
import type { DriftStanding } from '../../domain/drift-report.ts';
import type { Statements } from '../../domain/rolling-statements.ts';
import type { Round } from '../../domain/round.ts';
import type { DayRow } from '../../domain/withheld.ts';
import type { EventBus } from '../event-bus.ts';
import type { MessageRef, QuestionMessages } from './messages.ts';

/** Hands an answer to the waiting execution. `closed`: it no longer waits. */
export type AnswerTask = (token: string, answer: ApprovalAnswer) => Promise<'resumed' | 'closed'>;

/** Logs a step that failed without failing the use case. */
export type Warn = (message: string, error: unknown) => void;

/** What the approval use cases talk to. `Store` is exactly what a use case needs from the table. */
export interface ApprovalPorts<Store> extends EventBus {
  store: Store;
  messages: QuestionMessages;
  now: Date;
  warn: Warn;
}

/** Only slack-webhook, approval-sweeper and ingest-outcome (which only voids questions) may answer task tokens. */
export interface ResumingPorts<Store> extends ApprovalPorts<Store> {
  answerTask: AnswerTask;
}

/** There is no approval under this id. */
export class ApprovalNotFound extends Error {
  override name = 'ApprovalNotFound' as const;
}

export interface AuditStore {
  audit(
    approval: Pick<ApprovalItem, 'approval_id'> & { subject?: Pick<Subject, 'argumentsHash'> },
    fact: { at: string; who: string; what: string; why?: string },
  ): Promise<void>;
}

interface LoadStore {
  loadApproval(id: string): Promise<ApprovalItem | null>;
}

export interface ConfigStore {
  loadConfig(clusterId: string): Promise<ClusterConfig>;
}

interface JobStore {
  loadJob(round: Round): Promise<JobItem | null>;
}

/** The lists of open questions in a channel. */
export interface ListStore extends LoadStore {
  loadCrowd(channel: string): Promise<Crowd>;
  changeCrowd(channel: string, next: (crowd: Crowd) => Crowd | null): Promise<{ before: Crowd; after: Crowd }>;
  pinList(ids: readonly string[], now: Date): Promise<string>;
}

export interface ShownStore {
  markShown(id: string, state: string): Promise<void>;
}

export interface PresentStore extends ListStore, ShownStore {
  recordCard(id: string, card: MessageRef): Promise<ApprovalItem | null>;
}

export interface PublishStore extends AuditStore, ListStore, ShownStore {
  freePlace(clusterId: string, decisionId: string, now: Date): Promise<void>;
  markAnnounced(approval: ApprovalItem, now: Date): Promise<void>;
}

export interface SettleStore extends PublishStore {
  loadToken(id: string): Promise<string | null>;
  deleteToken(id: string, used: string): Promise<boolean>;
  closeApproval(approval: ApprovalItem): Promise<boolean>;
}

export interface VoidStore extends JobStore {
  voidQuestion(id: string, reason: string, now: Date): Promise<ApprovalItem | null>;
}

export interface OpenQuestion {
  decision: Decision;
  question: Question;
  subject: Subject;
  user?: string | undefined;
  queue?: string | undefined;
  gpus?: number | undefined;
  record?: ApprovalItem['record'];
  already?: ApprovalItem['already'];
  executionArn: string;
  taskToken: string;
  channel: string;
  terms: Terms;
}

export interface RequestStore extends PresentStore, PublishStore, VoidStore {
  loadCalibration(clusterId: string): Promise<CalibrationItem | null>;
  openApproval(asked: OpenQuestion, now: Date): Promise<ApprovalItem>;
}

interface DecisionOutcome {
  /** True for the one caller whose answer counts. */
  won: boolean;
  approval: ApprovalItem;
}

export interface ExpireStore extends PublishStore {
  /** @throws ApprovalNotFound */
  expireApproval(id: string, now: Date): Promise<DecisionOutcome>;
}

export interface VoidApprovalStore extends PublishStore {
  /** @throws ApprovalNotFound */
  voidApproval(id: string, reason: string, now: Date): Promise<DecisionOutcome>;
}

export interface AuthoriseStore extends AuditStore, ConfigStore {}

export interface LookStore extends AuthoriseStore {
  /** @returns which look of this hour it is; null for one beyond `most` */
  countLook(id: string, look: { who: string; most: number }, now: Date): Promise<number | null>;
}

export interface AnswerStore extends AuthoriseStore, LoadStore, VoidStore {
  /** @throws ApprovalNotFound */
  decideApproval(
    id: string,
    answer: { status: 'approved' | 'denied'; by: string; via: AnsweredIn; reason: string },
    now: Date,
  ): Promise<DecisionOutcome>;
}

export interface AnswerListStore extends AnswerStore, SettleStore {
  loadList(id: string): Promise<readonly string[] | null>;
}

export interface FollowStore extends AuditStore, JobStore {
  noteEffect(id: string, effect: NonNullable<ApprovalItem['effect']>): Promise<ApprovalItem>;
}

export interface UndoStore extends AuditStore, ShownStore {
  askUndo(id: string, by: string, now: Date): Promise<ApprovalItem | null>;
}

/** Who froze a cluster, why and when; `at` also identifies the freeze. */
export interface FrozenBy {
  by: string;
  reason: string;
  at: string;
}

export interface FreezeStore extends AuditStore {
  /** `all` if it covers every cluster. */
  loadFreeze(clusterId: string): Promise<(FrozenBy & { all: boolean }) | null>;
  putFreeze(clusterId: string, freeze: { by: string; reason: string; now: Date }): Promise<FrozenBy>;
  liftFreeze(clusterId: string, lift: { by: string; now: Date; at?: string | undefined }): Promise<FrozenBy | null>;
}

/** Everything the buttons of a message can do. */
export interface ClickStore
  extends AnswerListStore,
    UndoStore,
    FreezeStore,
    AcknowledgeStore,
    LookStore,
    Pick<PresentStore, 'recordCard'> {}

export interface AnswerOutsideSlackStore extends AnswerStore, LookStore, PublishStore, UndoStore, FreezeStore {}

export interface RemindStore extends AuditStore, ConfigStore {
  markReminded(id: string, now: Date): Promise<void>;
}

export interface SweepStore extends SettleStore, PresentStore, FollowStore, VoidStore, RemindStore, ExpireStore {
  openApprovals(): AsyncIterable<string>;
  crowdedChannels(): Promise<string[]>;
  loadPause(channel: string): Promise<ChannelPause | null>;
  savePause(channel: string, pause: ChannelPause): Promise<unknown>;
}

export interface TakeBackStore extends FollowStore, PublishStore, ConfigStore {
  recordEffect(round: Round, effect: Effect, whose: Subject['whose']): Promise<unknown>;
}

export interface StatementStore {
  loadStatements(clusterId: string): Promise<Statements | null>;
  changeStatements(
    clusterId: string,
    next: (statements: Statements | null) => Statements | null,
  ): Promise<Statements | null>;
}

export interface AutonomousEffect {
  decision: Decision;
  /** Undone, and verified with the scheduler. */
  effect: Effect;
  subject: Subject;
  job: Pick<ApprovalItem, 'user' | 'queue' | 'gpus'>;
  executionArn: string;
  channel: string;
  undoMinutes: number;
}

export interface NotifyStore extends StatementStore, ShownStore, JobStore {
  recordAutonomousEffect(done: AutonomousEffect): Promise<ApprovalItem>;
  recordCard(id: string, card: MessageRef): Promise<ApprovalItem | null>;
}

export interface FatigueStore {
  closedApprovals(clusterId: string, since: Date): AsyncIterable<ApprovalItem>;
}

export interface DigestStore extends AuditStore, ConfigStore, FatigueStore {
  listClusters(): Promise<string[]>;
  rowsBetween(clusterId: string, from: Date, to: Date): AsyncIterable<DayRow>;
  /** Null for a day whose digest is already posted. */
  beginDigest(clusterId: string, date: string, lines: string[]): Promise<DailyDigestItem | null>;
  markPosted(clusterId: string, date: string, now: Date): Promise<void>;
}

export interface AcknowledgeStore extends AuditStore {
  acknowledgeDigest(id: string, by: string, now: Date): Promise<{ first: boolean; digest: DailyDigestItem } | null>;
}

export interface ExplanationStore {
  loadExplanation(hash: string): Promise<string | null>;
  keepExplanation(hash: string, explanation: { text: string; model: string; now: Date }): Promise<void>;
  /** False when the daily budget is spent. */
  spendOne(perDay: number, now: Date): Promise<boolean>;
}

export interface ExplainStore extends ExplanationStore, LoadStore, ShownStore {
  noteExplanation(id: string, text: string): Promise<ApprovalItem | null>;
}

/** Writes one text from instructions and facts. */
export interface LanguageModel {
  /** Empty if there is none. */
  id: string;
  complete(instructions: string, facts: string): Promise<string>;
}

export interface TroubleStore {
  /** False when operators have already been notified. */
  claimTrouble(clusterId: string, error: string, now: Date): Promise<boolean>;
  forgetTrouble(clusterId: string): Promise<void>;
}

export interface DriftNoticeStore extends ConfigStore {
  saveAnnounced(clusterId: string, to: DriftStanding, run: string): Promise<void>;
  saveHeard(clusterId: string, to: DriftStanding, run: string): Promise<void>;
}

export type RefitNoticeStore = ConfigStore;
