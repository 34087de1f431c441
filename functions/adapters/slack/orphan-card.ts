import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import type { PresentStore, Warn } from '../../application/approvals/ports.ts';
import { settledCard, supersededCard } from './cards.ts';
import type { Slack } from './client.ts';
import type { Click } from './interaction.ts';

interface OrphanPorts {
  store: Pick<PresentStore, 'recordCard' | 'loadApproval'>;
  slack: Slack;
  now: Date;
  warn: Warn;
}

/**
 * A crash between posting a card and recording its message leaves an orphan. The first click on it reveals where it is:
 * it becomes the card of the approval if there is none yet.
 */
export async function adoptOrphan(
  { store }: Pick<OrphanPorts, 'store'>,
  approval: ApprovalItem,
  click: Click,
): Promise<ApprovalItem> {
  const { channel, messageTs: ts } = click;
  if (approval.card_ts !== undefined || channel === undefined || ts === undefined) return approval;
  return (await store.recordCard(approval.approval_id, { channel, ts })) ?? approval;
}

/** A duplicate of the recorded card: the first click removes its buttons and shows the state of the approval. */
export async function correctOrphan(ports: OrphanPorts, shown: ApprovalItem, click: Click): Promise<void> {
  const { store, slack, now, warn } = ports;
  const { channel, messageTs: ts, responseUrl, action } = click;
  // The button to unfreeze has its own message in the thread.
  if (channel === undefined || ts === undefined || ts === shown.card_ts || action === 'unfreeze') return;
  const fresh = (await store.loadApproval(shown.approval_id)) ?? shown;
  if (fresh.card_ts === ts) return;
  const card = fresh.status === 'pending' ? supersededCard() : settledCard(fresh, now);
  try {
    if (responseUrl !== undefined && (await slack.replace(responseUrl, card))) return;
    await slack.update({ channel, ts }, card);
  } catch (error) {
    warn('an orphan card could not be corrected', error);
  }
}
