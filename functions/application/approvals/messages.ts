import type { Decision } from '../../../schemas/decision.ts';
import type { Effect } from '../../../schemas/effect.ts';
import type { CalibrationPromoted } from '../../../schemas/events/emitted.ts';
import type { ApprovalItem, DailyDigestItem } from '../../../schemas/items/approval.ts';
import type { FoldClusterOutput, VisitFailure } from '../../../schemas/machines/drift-monitor.ts';
import type { Job } from '../../../schemas/machines/job-workflow.ts';
import type { Fatigue } from '../../domain/fatigue.ts';
import type { Said, Statements } from '../../domain/rolling-statements.ts';
import type { Day } from '../../domain/withheld.ts';

/** The channel did not answer in time. Worth a retry. */
export class ChannelUnavailable extends Error {
  override name: string = 'ChannelUnavailable';
}

/** The channel is not set up, so nothing can be posted or answered there. */
export class ChannelNotConnected extends Error {
  override name = 'ChannelNotConnected' as const;
}

/** The message was deleted or can no longer be edited: there is nothing left to update. */
export class MessageGone extends Error {
  override name = 'MessageGone' as const;
}

/** A posted message, as identified by its channel. */
export interface MessageRef {
  channel: string;
  ts: string;
}

/** Questions that share a message. `id` identifies the questions its buttons answer; null once none is open. */
export type QuestionList = { id: string; open: readonly ApprovalItem[] } | { id: null; at: Date };

/**
 * What people see of questions. Every method throws ChannelUnavailable when the channel does not answer; those that edit a message
 * throw MessageGone when it can no longer be edited.
 */
export interface QuestionMessages {
  /** Posts a question with buttons, under the message of its list if it has one. @throws ChannelNotConnected */
  postQuestion(channel: string, approval: ApprovalItem, list?: MessageRef): Promise<MessageRef>;
  /**
   * Posts a question without buttons, and says where to answer it. Absent in functions that do not post notices.
   * @returns whether there was a way to post it
   */
  postNotice?(channel: string, approval: ApprovalItem): Promise<boolean>;
  /** Updates an open question with what is known now. */
  showQuestion(message: MessageRef, approval: ApprovalItem): Promise<void>;
  /** Shows how an approval was decided, and the effect. */
  showState(message: MessageRef, approval: ApprovalItem, now: Date): Promise<void>;
  /** Points to the message that counts. */
  showSuperseded(message: MessageRef): Promise<void>;
  postList(channel: string, list: QuestionList): Promise<MessageRef>;
  showList(message: MessageRef, list: QuestionList): Promise<void>;
  /** What the message of a list shows, as a string: it needs an update when this changes. */
  listState(list: QuestionList): string;
  /** Reminds people under the question. */
  remind(question: MessageRef, approval: ApprovalItem, who: readonly string[]): Promise<void>;
  /** Says under the question that its cluster is frozen. */
  reportFreeze(question: MessageRef, approval: ApprovalItem, by: string, now: Date): Promise<void>;
  /** Says under the question that its cluster is no longer frozen. */
  reportUnfreeze(question: MessageRef, approval: ApprovalItem, by: string, now: Date): Promise<void>;
}

/** What the agent did, or would have done, without asking. */
export interface DoneByAgent {
  decision: Decision;
  effect: Effect;
  job: Pick<Job, 'user' | 'queue'> & { request: Pick<Job['request'], 'gpus'> };
}

interface StatementWording {
  /** A statement in the channel's formatting. */
  statementOf(decision: Decision, effect: Effect): Said;
}

interface EffectPosts extends StatementWording {
  /** Reports an effect that cannot be undone from here. */
  postEffect(channel: string, done: DoneByAgent): Promise<void>;
  postStatements(channel: string, clusterId: string, statements: Statements): Promise<MessageRef>;
}

/** Supports buttons and editing of messages. */
export interface InteractiveEffectMessages extends EffectPosts, Pick<QuestionMessages, 'showState' | 'showSuperseded'> {
  reach: 'interactive';
  /** Reports an effect with a button to undo it. */
  postUndoable(channel: string, approval: ApprovalItem, now: Date): Promise<MessageRef>;
  showStatements(message: MessageRef, clusterId: string, statements: Statements): Promise<void>;
}

/** Read-only: no buttons, and messages cannot be edited. */
interface OneWayEffectMessages extends EffectPosts {
  reach: 'oneWay';
  /** Reports an effect, and where to undo it. */
  postUndoNotice(channel: string, approval: ApprovalItem, now: Date): Promise<void>;
}

/** What people see of autonomous effects, depending on how they can be reached. */
export type EffectMessages = InteractiveEffectMessages | OneWayEffectMessages | ({ reach: 'none' } & StatementWording);

export interface DigestMessages {
  /** The digest of a day in the channel's formatting. */
  linesOf(clusterId: string, date: string, day: Day, people: readonly Fatigue[]): string[];
  /** @returns whether there was a way to post it */
  postDigest(channel: string, digest: DailyDigestItem): Promise<boolean>;
}

/** Notices to operators; each returns whether there was a way to send it. */
export interface OperatorMessages {
  postDrift(channel: string, report: FoldClusterOutput): Promise<boolean>;
  postRefit(channel: string, change: CalibrationPromoted): Promise<boolean>;
  postTrouble(channel: string, failures: readonly VisitFailure[]): Promise<boolean>;
}
