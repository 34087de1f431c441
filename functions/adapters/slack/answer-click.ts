import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { mayApprove } from '../../domain/approvers.ts';
import { audit, decideApproval, loadApproval } from '../approval-store.ts';
import { loadConfig } from '../config-store.ts';
import { stateWords } from './cards.ts';
import type { ResumingEdges } from './edges.ts';
import { prose } from './escape.ts';
import { evidenceMessage } from './evidence.ts';
import type { Click } from './interaction.ts';
import { settle } from './settle.ts';

/**
 * Answers one authentic click. The first authorised answer before the expiry decides; everybody else is told privately
 * how it stands and nothing happens. What fails after the decision is left to the sweeper.
 */
export async function answerClick(edges: ResumingEdges, click: Click): Promise<void> {
  const approval = await loadApproval(edges.table, click.approvalId);
  if (!approval) return whisper(edges, click, 'This request is not known here any more.');
  if (click.action === 'details') return showDetails(edges, approval, click);

  // The platform matters only for a cluster that nobody configured, and that one has no approvers.
  const config = await loadConfig(edges.table, approval.cluster_id, 'kubernetes');
  const allowed = mayApprove({ config, tier: approval.tier, user: approval.user, slackUserId: click.by });
  if (!allowed.ok) {
    await note(edges, approval, click, `refused to ${click.action}`, allowed.reason);
    return whisper(edges, click, `You cannot answer this one: ${prose(allowed.reason, 300)}.`);
  }
  const status = click.action === 'approve' ? 'approved' : 'denied';
  const answer = { status, by: click.by, reason: `${status} in Slack` } as const;
  const { won, approval: now } = await decideApproval(edges.table, approval.approval_id, answer, edges.now);
  if (!won) {
    await note(edges, now, click, `too late to ${click.action}`);
    return whisper(edges, click, stateWords(now));
  }
  await settle(edges, now).catch((error: unknown) => edges.warn('left to the sweeper', error));
}

async function showDetails(edges: ResumingEdges, approval: ApprovalItem, click: Click): Promise<void> {
  await note(edges, approval, click, 'looked at the details');
  const { channel, card_ts: ts } = approval;
  if (channel === undefined || ts === undefined) return whisper(edges, click, 'The card is still on its way.');
  await edges.slack
    .post(channel, evidenceMessage(approval), ts)
    .catch((error: unknown) => edges.warn('details not posted', error));
}

function note(edges: ResumingEdges, approval: ApprovalItem, click: Click, what: string, why?: string): Promise<void> {
  const fact = { at: edges.now.toISOString(), who: click.by, what };
  return audit(edges.table, approval, why === undefined ? fact : { ...fact, why });
}

async function whisper(edges: ResumingEdges, { responseUrl }: Click, text: string): Promise<void> {
  if (responseUrl === undefined) return;
  await edges.slack.whisper(responseUrl, text).catch((error: unknown) => edges.warn('private answer not sent', error));
}
