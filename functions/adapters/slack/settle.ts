import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { answerOf, NOBODY } from '../../domain/approval.ts';
import { toFollow } from '../../domain/undoing.ts';
import { SecretUnavailable } from '../aws/secrets.ts';
import { audit } from '../tables/approval-audit.ts';
import { markAnnounced, markShown, recordCard } from '../tables/approval-notes.ts';
import { closeApproval } from '../tables/approvals.ts';
import { freePlace } from '../tables/asking.ts';
import { deleteToken, loadToken } from '../tables/task-tokens.ts';
import { cardState, noticeCard, requestCard, settledCard, supersededCard } from './cards.ts';
import type { Slack, SlackMessage } from './client.ts';
import type { ApprovalEdges, ResumingEdges } from './edges.ts';
import { SlackRefused } from './errors.ts';
import { leave, showListOf, threadFor } from './open-digest.ts';

interface Carrying {
  secondWay?: SecondWay;
  /** Whoever calls takes it off its list, with others. */
  staysListed?: boolean;
}

/**
 * Carries a stored decision to everybody who waits for it: the execution, the event bus and audit, the card and the list that it is on;
 * then takes the approval off the open list. Every step may be repeated, so a crash anywhere is repaired by calling it again.
 * All steps are tried; the first failure is thrown afterwards.
 *
 * @returns whether nothing is left to do
 */
export async function settle(edges: ResumingEdges, approval: ApprovalItem, how: Carrying = {}): Promise<boolean> {
  const [resumed, ...others] = await Promise.allSettled([
    resume(edges, approval),
    announce(edges, approval),
    showState(edges, approval, how.secondWay),
    how.staysListed ? undefined : leaveIfOver(edges, approval),
  ]);
  if (resumed.status === 'rejected') throw resumed.reason;
  for (const step of others) if (step.status === 'rejected') throw step.reason;
  if (!resumed.value || toFollow(approval, edges.now)) return false;
  return closeApproval(edges.table, approval);
}

/** Another way to replace the card, such as the response URL of a click on it. False when it is none. */
export type SecondWay = (card: SlackMessage) => Promise<boolean>;

/** Announcement and card only, for functions that may not touch tokens. What fails is left to the sweeper. */
export async function tell(edges: ApprovalEdges, approval: ApprovalItem): Promise<void> {
  const steps = await Promise.allSettled([
    announce(edges, approval),
    showState(edges, approval),
    leaveIfOver(edges, approval),
  ]);
  for (const step of steps) {
    if (step.status === 'rejected') edges.warn('left to the sweeper', step.reason);
  }
}

/**
 * Tells the bus that a human is asked, then shows the card. A pending approval without a card was not presented yet, so
 * the sweeper may do this again: the event comes at least once.
 */
export async function present(edges: ApprovalEdges, approval: ApprovalItem): Promise<void> {
  if (approval.card_ts !== undefined || approval.status !== 'pending') return;
  await edges.emit('ApprovalRequested', {
    schemaVersion: 1,
    clusterId: approval.cluster_id,
    jobId: approval.job_id,
    submittedAt: approval.submitted_at,
    approvalId: approval.approval_id,
    action: approval.subject.arguments.action,
    expiresAt: approval.expires_at,
  });
  await postCard(edges, approval);
}

async function postCard(edges: ApprovalEdges, approval: ApprovalItem): Promise<void> {
  if (approval.channel === undefined) return;
  const { channel } = approval;
  try {
    await postAnswerable(edges, approval, channel);
  } catch (error) {
    // Without a bot nobody can answer in Slack; the console and the command line take answers all the same.
    if (!(error instanceof SecretUnavailable)) throw error;
    const told = (await edges.notice?.(channel, noticeCard(approval))) ?? false;
    edges.warn(told ? 'people were told where to answer instead' : 'nobody was told of this question', error);
  }
}

async function postAnswerable(edges: ApprovalEdges, approval: ApprovalItem, channel: string): Promise<void> {
  const thread = await threadFor(edges, approval, channel);
  const card = await edges.slack.post(channel, requestCard(approval), thread);
  const noted = await recordCard(edges.table, approval.approval_id, card);
  if (!noted) return edges.slack.update(card, supersededCard());
  // A click can be faster than the note: then nobody else knew which card to update, or that it had joined a list.
  if (noted.status !== 'pending') {
    await showState(edges, noted);
    return leave(edges, [noted]);
  }
  // Its line has a link now.
  if (thread !== undefined) await showListOf(edges, noted);
}

/** A question that is over makes place for another, on its list and in the time of those who are asked. */
async function leaveIfOver(edges: ApprovalEdges, approval: ApprovalItem): Promise<void> {
  // Done when it was announced; what comes of it later changes no list.
  if (answerOf(approval) === null || approval.announced_at !== undefined) return;
  await leave(edges, [approval]);
}

/** Hands the answer to the waiting execution. True when no token is left to answer, or none ever was. */
async function resume({ table, answerTask, now }: ResumingEdges, approval: ApprovalItem): Promise<boolean> {
  if (approval.status === 'alone') return true;
  const answer = answerOf(approval);
  if (!answer) return false;
  const token = await loadToken(table, approval.approval_id);
  if (token === null) return true;
  const outcome = await answerTask(token, answer);
  const what = outcome === 'resumed' ? 'resumed' : 'found the execution closed';
  await audit(table, approval, { at: now.toISOString(), who: NOBODY, what });
  return deleteToken(table, approval.approval_id, token);
}

/** Audit and event, at least once for each decision. */
async function announce({ table, emit, now }: ApprovalEdges, approval: ApprovalItem): Promise<void> {
  const answer = answerOf(approval);
  if (!answer || approval.announced_at !== undefined) return;
  await audit(table, approval, { at: answer.at, who: answer.by, what: answer.decision, why: answer.reason });
  await emit('ApprovalDecided', {
    schemaVersion: 1,
    clusterId: approval.cluster_id,
    jobId: approval.job_id,
    submittedAt: approval.submitted_at,
    approvalId: approval.approval_id,
    decision: answer.decision,
    by: answer.by,
    ...(approval.decided_via !== undefined && answer.by !== NOBODY && { via: approval.decided_via }),
    at: answer.at,
  });
  // A hold that was approved keeps its place until somebody has said whether it stays.
  if (!asksAgain(approval)) await freePlace(table, approval.cluster_id, approval.pinned.decisionId, now);
  await markAnnounced(table, approval, now);
}

function asksAgain({ status, question, subject, pinned }: ApprovalItem): boolean {
  return status === 'approved' && question === 'act' && subject.arguments.action === 'hold' && !pinned.dryRun;
}

/** Brings the card to the true state, unless it says so already. A card that is gone needs no update. */
export async function showState(
  edges: Pick<ApprovalEdges, 'table' | 'now' | 'warn'> & { slack: Pick<Slack, 'update'> },
  approval: ApprovalItem,
  secondWay?: SecondWay,
): Promise<void> {
  const { slack, table, now, warn } = edges;
  const { channel, card_ts: ts } = approval;
  if (channel === undefined || ts === undefined || approval.status === 'pending') return;
  const state = cardState(approval, now);
  if (state === approval.card_state) return;
  const card = settledCard(approval, now);
  try {
    await slack.update({ channel, ts }, card);
  } catch (error) {
    if (error instanceof SlackRefused && error.messageGone) {
      warn('the card is gone', error);
    } else if (!(await secondWay?.(card).catch(() => false))) {
      throw error;
    }
  }
  await markShown(table, approval.approval_id, state);
}
