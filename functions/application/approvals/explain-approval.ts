import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import type { QuestionMessages } from './messages.ts';
import type { ExplainStore } from './ports.ts';
import { showState } from './publish.ts';
import { type ExplanationPorts, writeExplanation } from './write-explanation.ts';

/** How long to wait for a card to be posted before giving up. */
const PATIENCE_MS = 90_000;

/** The card is not posted yet. The event is delivered again a minute later. */
export class CardOnItsWay extends Error {
  override name = 'CardOnItsWay' as const;
}

interface ExplainPorts extends ExplanationPorts {
  store: ExplainStore;
  messages: Pick<QuestionMessages, 'showQuestion' | 'showState'>;
}

/**
 * Adds a model's explanation to a pending approval. It runs beside the job's machine: neither decision, token nor card waits for it.
 * An answer may arrive at any time, and a card with buttons must not overwrite it, so the approval is read again after the update and
 * the card corrected. Redelivery of the event repairs a crash in between.
 *
 * @throws CardOnItsWay; ChannelUnavailable when the card of an answered approval could not be corrected
 */
export async function explainApproval(
  ports: ExplainPorts,
  approvalId: string,
): Promise<'explained' | 'plain' | 'answered' | 'noCard'> {
  const { store, messages, now, warn } = ports;
  const approval = await store.loadApproval(approvalId);
  if (!approval) return 'noCard';
  if (approval.status !== 'pending') {
    if (approval.explanation !== undefined) await showAgain(ports, approval);
    return 'answered';
  }
  const text = approval.explanation ?? (await writeExplanation(ports, approval.pinned));
  if (text === null) return 'plain';
  const noted = await store.noteExplanation(approvalId, text);
  if (!noted) return 'answered';
  const { channel, card_ts: ts } = noted;
  if (channel === undefined || ts === undefined) {
    if (now.getTime() - Date.parse(noted.requested_at) < PATIENCE_MS) throw new CardOnItsWay(approvalId);
    return 'noCard';
  }
  await messages.showQuestion({ channel, ts }, noted).catch((error: unknown) => warn('not explained', error));
  const after = await store.loadApproval(approvalId);
  if (after && after.status !== 'pending') {
    await showAgain(ports, after);
    return 'answered';
  }
  return 'explained';
}

/** The card may no longer show what was last recorded for it. */
function showAgain(ports: ExplainPorts, approval: ApprovalItem): Promise<void> {
  const { card_state: _, ...unsure } = approval;
  return showState(ports, unsure);
}
