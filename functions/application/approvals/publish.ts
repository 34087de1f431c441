import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { answerOf, NOBODY } from '../../domain/approval.ts';
import { shownState } from '../../domain/shown-state.ts';
import { MessageGone, type QuestionMessages } from './messages.ts';
import type { ApprovalPorts, PublishStore, ShownStore, Warn } from './ports.ts';
import { leaveLists } from './question-lists.ts';

/**
 * Publishes a stored decision on the event bus, in the audit, on its message and on its list. For functions that may not touch
 * task tokens; anything that fails is left to the sweeper.
 */
export async function publish(ports: ApprovalPorts<PublishStore>, approval: ApprovalItem): Promise<void> {
  const steps = await Promise.allSettled([
    announce(ports, approval),
    showState(ports, approval),
    leaveIfOver(ports, approval),
  ]);
  for (const step of steps) {
    if (step.status === 'rejected') ports.warn('left to the sweeper', step.reason);
  }
}

/** Audit and event, at least once per decision. */
export async function announce(
  { store, emit, now }: Pick<ApprovalPorts<PublishStore>, 'store' | 'emit' | 'now'>,
  approval: ApprovalItem,
): Promise<void> {
  const answer = answerOf(approval);
  if (!answer || approval.announced_at !== undefined) return;
  await store.audit(approval, { at: answer.at, who: answer.by, what: answer.decision, why: answer.reason });
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
  // An approved hold keeps its place until somebody decides whether to keep it.
  if (!asksAgain(approval)) await store.freePlace(approval.cluster_id, approval.pinned.decisionId, now);
  await store.markAnnounced(approval, now);
}

function asksAgain({ status, question, subject, pinned }: ApprovalItem): boolean {
  return status === 'approved' && question === 'act' && subject.arguments.action === 'hold' && !pinned.dryRun;
}

/** Updates the message of a decided approval if it is out of date. A deleted message needs no update. */
export async function showState(
  ports: { store: ShownStore; messages: Pick<QuestionMessages, 'showState'>; now: Date; warn: Warn },
  approval: ApprovalItem,
): Promise<void> {
  const { store, messages, now, warn } = ports;
  const { channel, card_ts: ts } = approval;
  if (channel === undefined || ts === undefined || approval.status === 'pending') return;
  const state = shownState(approval, now);
  if (state === approval.card_state) return;
  try {
    await messages.showState({ channel, ts }, approval, now);
  } catch (error) {
    if (!(error instanceof MessageGone)) throw error;
    warn('the card is gone', error);
  }
  await store.markShown(approval.approval_id, state);
}

/** Frees the place of a closed question: on its list, and among the questions that may be open at once. */
export async function leaveIfOver(ports: ApprovalPorts<PublishStore>, approval: ApprovalItem): Promise<void> {
  // It left the list when its decision was announced; later effects change no list.
  if (answerOf(approval) === null || approval.announced_at !== undefined) return;
  await leaveLists(ports, [approval]);
}
