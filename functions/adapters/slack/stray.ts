import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { loadApproval } from '../tables/approval-item.ts';
import { recordCard } from '../tables/approval-notes.ts';
import { settledCard, supersededCard } from './cards.ts';
import type { ApprovalEdges } from './edges.ts';
import type { Click } from './interaction.ts';

/**
 * A crash between posting a card and noting which message it is leaves a card that nobody knows of. Slack tells where it
 * is as soon as somebody presses something on it: it becomes the card, if there is none yet.
 */
export async function adopted({ table }: ApprovalEdges, approval: ApprovalItem, click: Click): Promise<ApprovalItem> {
  const { channel, messageTs: ts } = click;
  if (approval.card_ts !== undefined || channel === undefined || ts === undefined) return approval;
  return (await recordCard(table, approval.approval_id, { channel, ts })) ?? approval;
}

/** A card beside the one that counts: its buttons go away with the first press, and it says how things stand. */
export async function correctStray(edges: ApprovalEdges, shown: ApprovalItem, click: Click): Promise<void> {
  const { channel, messageTs: ts, responseUrl, action } = click;
  // The button to unfreeze is on a message of its own, in the thread.
  if (channel === undefined || ts === undefined || ts === shown.card_ts || action === 'unfreeze') return;
  const now = (await loadApproval(edges.table, shown.approval_id)) ?? shown;
  if (now.card_ts === ts) return;
  const card = now.status === 'pending' ? supersededCard() : settledCard(now, edges.now);
  try {
    if (responseUrl !== undefined && (await edges.slack.replace(responseUrl, card))) return;
    await edges.slack.update({ channel, ts }, card);
  } catch (error) {
    edges.warn('a second card could not be corrected', error);
  }
}
