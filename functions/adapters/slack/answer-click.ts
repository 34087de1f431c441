import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { answerApproval, authorise, note, type Taken } from '../answer-approval.ts';
import { loadApproval } from '../approval-store.ts';
import { acknowledge } from './acknowledge.ts';
import { denyOrAskWhy } from './deny.ts';
import type { ResumingEdges } from './edges.ts';
import { evidenceMessage } from './evidence.ts';
import { freezeFromCard, unfreezeFromCard } from './freeze.ts';
import type { Click } from './interaction.ts';
import { adopted, correctStray } from './stray.ts';
import { cardOf, explanation } from './taken.ts';
import { undoFromCard } from './undo.ts';
import { whisper } from './whisper.ts';

/**
 * Answers one authentic click. The first authorised answer before the expiry decides; everybody else is told privately
 * how it stands and nothing happens. What fails after the decision is left to the sweeper.
 */
export async function answerClick(edges: ResumingEdges, click: Click): Promise<void> {
  if (click.action === 'acknowledge') return acknowledge(edges, click);
  const approval = await loadApproval(edges.table, click.approvalId);
  if (!approval) return explain(edges, click, { outcome: 'unknown' });
  const shown = await adopted(edges, approval, click);
  await act(edges, shown, click);
  await correctStray(edges, shown, click);
}

async function act(edges: ResumingEdges, approval: ApprovalItem, click: Click): Promise<void> {
  if (click.action === 'approve') return explain(edges, click, await approve(edges, click));
  if (click.action === 'details') return showDetails(edges, approval, click);
  const allowed = await authorise(edges, approval, { kind: 'slack', id: click.by });
  if (!allowed.ok) {
    await note(edges, approval, click.by, `refused to ${click.action}`, allowed.reason);
    return explain(edges, click, { outcome: 'refused', approval, why: allowed.reason });
  }
  switch (click.action) {
    case 'deny':
      return explain(edges, click, await denyOrAskWhy(edges, approval, click));
    case 'undo':
      return undoFromCard(edges, approval, click);
    case 'freeze':
      return freezeFromCard(edges, approval, click);
    case 'unfreeze':
      return unfreezeFromCard(edges, approval, click);
  }
}

async function explain(edges: ResumingEdges, click: Click, taken: Taken | null): Promise<void> {
  const text = taken && explanation(taken);
  if (text !== null) await whisper(edges, click, text);
}

function approve(edges: ResumingEdges, click: Click): Promise<Taken> {
  const by = { kind: 'slack', id: click.by } as const;
  const answer = { approvalId: click.approvalId, by, decision: 'approved', reason: 'approved in Slack' } as const;
  return answerApproval(edges, { ...answer, at: edges.now }, cardOf(edges, click));
}

async function showDetails(edges: ResumingEdges, approval: ApprovalItem, click: Click): Promise<void> {
  await note(edges, approval, click.by, 'looked at the details');
  const { channel, card_ts: ts } = approval;
  if (channel === undefined || ts === undefined) return whisper(edges, click, 'The card is still on its way.');
  await edges.slack
    .post(channel, evidenceMessage(approval), ts)
    .catch((error: unknown) => edges.warn('details not posted', error));
}
