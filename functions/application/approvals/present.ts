import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { ChannelNotConnected } from './messages.ts';
import type { ApprovalPorts, PresentStore } from './ports.ts';
import { showState } from './publish.ts';
import { leaveLists, listMessageFor, showListOf } from './question-lists.ts';

/**
 * Announces on the bus that a human is asked, then shows the question. A pending approval without a message was not presented yet, so the
 * sweeper may call this again: the event is delivered at least once.
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
    // Nobody can answer in the channel; the console and the command line take answers all the same.
    if (!(error instanceof ChannelNotConnected)) throw error;
    const posted = (await ports.messages.postNotice?.(channel, approval)) ?? false;
    ports.warn(posted ? 'people were told where to answer instead' : 'nobody was told of this question', error);
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
  // Somebody may have answered before the message was recorded; then nobody else knew which one to update, or which list it was on.
  if (noted.status !== 'pending') {
    await showState(ports, noted);
    return leaveLists(ports, [noted]);
  }
  // Its line can link to the message now.
  if (list !== undefined) await showListOf(ports, noted);
}
