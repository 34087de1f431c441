import type { Decision } from '../../../schemas/decision.ts';
import type { Effect } from '../../../schemas/effect.ts';
import type { CalibrationPromoted } from '../../../schemas/events/emitted.ts';
import type { ApprovalItem, DailyDigestItem } from '../../../schemas/items/approval.ts';
import type { FoldClusterOutput, VisitFailure } from '../../../schemas/machines/drift-monitor.ts';
import type { Job } from '../../../schemas/machines/job-workflow.ts';
import type { Fatigue } from '../../domain/fatigue.ts';
import type { Said, Statements } from '../../domain/rolling-statements.ts';
import type { Day } from '../../domain/withheld.ts';

/** The channel does not answer, or not in time. Worth a retry. */
export class ChannelUnavailable extends Error {
  override name: string = 'ChannelUnavailable';
}

/** Nobody has set up how we speak in the channel, so nothing can be posted or answered there. */
export class ChannelNotConnected extends Error {
  override name = 'ChannelNotConnected' as const;
}

/** The message was deleted or can no longer be changed: there is nothing left to keep up to date. */
export class MessageGone extends Error {
  override name = 'MessageGone' as const;
}

/** A message that was posted, as its channel names it. */
export interface MessageRef {
  channel: string;
  ts: string;
}

/** Questions that share a message. `id` is what its buttons mean; null once none of them is open any more. */
export type QuestionList = { id: string; open: readonly ApprovalItem[] } | { id: null; at: Date };

/**
 * What people are shown of questions. Each method throws ChannelUnavailable where the channel does not answer; those that change a message
 * throw MessageGone where it cannot be changed any more.
 */
export interface QuestionMessages {
  /** Posts a question that can be answered where it stands, under the message of its list if it has one. @throws ChannelNotConnected */
  postQuestion(channel: string, approval: ApprovalItem, list?: MessageRef): Promise<MessageRef>;
  /**
   * Posts a question where nobody can answer it, and says where they can. Absent where that is not for us to do.
   * @returns whether there was a way to
   */
  postNotice?(channel: string, approval: ApprovalItem): Promise<boolean>;
  /** Shows an open question again, with what is known of it now. */
  showQuestion(message: MessageRef, approval: ApprovalItem): Promise<void>;
  /** Shows how an approval was decided and what came of it. */
  showState(message: MessageRef, approval: ApprovalItem, now: Date): Promise<void>;
  /** Points to the message that counts. */
  showSuperseded(message: MessageRef): Promise<void>;
  postList(channel: string, list: QuestionList): Promise<MessageRef>;
  showList(message: MessageRef, list: QuestionList): Promise<void>;
  /** What the message of a list says, in a string: it needs an update when this has changed. */
  listState(list: QuestionList): string;
  /** Reminds people under the question. */
  remind(question: MessageRef, approval: ApprovalItem, who: readonly string[]): Promise<void>;
  /** Says under the question that its cluster is frozen. */
  reportFreeze(question: MessageRef, approval: ApprovalItem, by: string, now: Date): Promise<void>;
  /** Says under the question that its cluster is no longer frozen. */
  reportUnfreeze(question: MessageRef, approval: ApprovalItem, by: string, now: Date): Promise<void>;
}

/** What the agent did, or would have done, without asking anybody. */
export interface DoneByAgent {
  decision: Decision;
  effect: Effect;
  job: Pick<Job, 'user' | 'queue'> & { request: Pick<Job['request'], 'gpus'> };
}

interface StatementWording {
  /** A statement in the words of the channel. */
  statementOf(decision: Decision, effect: Effect): Said;
}

interface EffectPosts extends StatementWording {
  /** Reports an effect that nobody can take back from here. */
  postEffect(channel: string, done: DoneByAgent): Promise<void>;
  postStatements(channel: string, clusterId: string, statements: Statements): Promise<MessageRef>;
}

/** People can press buttons, and messages can be changed. */
export interface InteractiveEffectMessages extends EffectPosts, Pick<QuestionMessages, 'showState' | 'showSuperseded'> {
  reach: 'interactive';
  /** Reports an effect with a button to take it back. */
  postUndoable(channel: string, approval: ApprovalItem, now: Date): Promise<MessageRef>;
  showStatements(message: MessageRef, clusterId: string, statements: Statements): Promise<void>;
}

/** People can only read, and what was said stays. */
interface OneWayEffectMessages extends EffectPosts {
  reach: 'oneWay';
  /** Reports an effect, and where it can be taken back. */
  postUndoNotice(channel: string, approval: ApprovalItem, now: Date): Promise<void>;
}

/** What people are shown of autonomous effects, depending on how they can be reached. */
export type EffectMessages = InteractiveEffectMessages | OneWayEffectMessages | ({ reach: 'none' } & StatementWording);

export interface DigestMessages {
  /** The digest of a day in the words of the channel. */
  linesOf(clusterId: string, date: string, day: Day, people: readonly Fatigue[]): string[];
  /** @returns whether there was a way to */
  postDigest(channel: string, digest: DailyDigestItem): Promise<boolean>;
}

/** Notices to operators; each returns whether there was a way to send it. */
export interface OperatorMessages {
  postDrift(channel: string, report: FoldClusterOutput): Promise<boolean>;
  postRefit(channel: string, change: CalibrationPromoted): Promise<boolean>;
  postTrouble(channel: string, failures: readonly VisitFailure[]): Promise<boolean>;
}
