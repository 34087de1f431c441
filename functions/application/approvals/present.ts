import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { ChannelNotConnected } from './messages.ts';
import type { ApprovalPorts, PresentStore } from './ports.ts';
import { showState } from './publish.ts';
import { leaveLists, listMessageFor, showListOf } from './question-lists.ts';

/**
 * Announces the question on the bus, then shows it. A pending approval without a message has not been presented yet, so the sweeper
 * may call this again: the event is delivered at least once.
 */
export async function present(ports: ApprovalPorts<PresentStore>, approval: ApprovalItem): Promise<void> {
  if (approval.card_ts !== undefined || approval.status !== 'pending') return;
  await ports.emit('ApprovalRequested', {
    schemaVersion: 1,
    clusterId: approval.cluster_id,
    jobId: approval.job_id,
    submittedAt: approval.submitted_at,
    approvalId: approval.approval_id,
    action: approval.subject.arguments.action,
    expiresAt: approval.expires_at,
  });
  const { channel } = approval;
  if (channel === undefined) return;
  try {
    await postQuestion(ports, approval, channel);
  } catch (error) {
    // Nobody can answer in the channel, but the console and the command line still take answers.
    if (!(error instanceof ChannelNotConnected)) throw error;
    const posted = (await ports.messages.postNotice?.(channel, approval)) ?? false;
    ports.warn(posted ? 'the question was posted without buttons' : 'nobody was notified of this question', error);
  }
}

async function postQuestion(
  ports: ApprovalPorts<PresentStore>,
  approval: ApprovalItem,
  channel: string,
): Promise<void> {
  const { store, messages } = ports;
  const list = await listMessageFor(ports, approval, channel);
  const message = await messages.postQuestion(channel, approval, list);
  const noted = await store.recordCard(approval.approval_id, message);
  if (!noted) return messages.showSuperseded(message);
  // Whoever answered before the message was recorded could not know which message to update, or which list it was on.
  if (noted.status !== 'pending') {
    await showState(ports, noted);
    return leaveLists(ports, [noted]);
  }
  // The list can link to the message now.
  if (list !== undefined) await showListOf(ports, noted);
}
