import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { type Explaining, explain } from '../bedrock/explain.ts';
import { loadApproval } from '../tables/approval-item.ts';
import { noteExplanation } from '../tables/approval-notes.ts';
import { requestCard } from './cards.ts';
import type { Slack } from './client.ts';
import { showState } from './settle.ts';

/** How long a card may be on its way before nobody waits for it. */
const PATIENCE_MS = 90_000;

/** The card is not posted yet. The event is delivered again a minute later. */
export class CardOnItsWay extends Error {
  override name = 'CardOnItsWay' as const;
}

/**
 * Puts a model's explanation on the card of a pending approval. Runs beside the journey of the job: neither the
 * decision, nor the token, nor the card waits for it. An answer may come at any moment, and a card with buttons must not
 * be written over it: so what was stored is read again after the update, and the card made true. A crash in between is
 * repaired when the event is delivered again.
 *
 * @throws CardOnItsWay; SlackUnavailable when an answered card could not be made true
 */
export async function explainCard(
  edges: Explaining & { slack: Pick<Slack, 'update'> },
  approvalId: string,
): Promise<'explained' | 'plain' | 'answered' | 'noCard'> {
  const { table, slack, now, warn } = edges;
  const approval = await loadApproval(table, approvalId);
  if (!approval) return 'noCard';
  if (approval.status !== 'pending') {
    if (approval.explanation !== undefined) await showAgain(edges, approval);
    return 'answered';
  }
  const text = approval.explanation ?? (await explain(edges, approval.pinned));
  if (text === null) return 'plain';
  const noted = await noteExplanation(table, approvalId, text);
  if (!noted) return 'answered';
  const { channel, card_ts: ts } = noted;
  if (channel === undefined || ts === undefined) {
    if (now.getTime() - Date.parse(noted.requested_at) < PATIENCE_MS) throw new CardOnItsWay(approvalId);
    return 'noCard';
  }
  await slack.update({ channel, ts }, requestCard(noted)).catch((error: unknown) => warn('not explained', error));
  const after = await loadApproval(table, approvalId);
  if (after && after.status !== 'pending') {
    await showAgain(edges, after);
    return 'answered';
  }
  return 'explained';
}

/** Whatever the card was last known to say may have been written over. */
function showAgain(edges: Parameters<typeof showState>[0], approval: ApprovalItem): Promise<void> {
  const { card_state: _, ...unsure } = approval;
  return showState(edges, unsure);
}
