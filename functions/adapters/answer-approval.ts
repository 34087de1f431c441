import type { ApprovalItem } from '../../schemas/items/approval.ts';
import { type Answerer, mayApprove, slackIdOf } from '../domain/approvers.ts';
import type { ApprovalEdges } from './slack/edges.ts';
import { visible } from './slack/escape.ts';
import { audit } from './tables/approval-audit.ts';
import { loadApproval } from './tables/approval-item.ts';
import { decideApproval } from './tables/approvals.ts';
import { loadConfig } from './tables/config.ts';

export interface HumanAnswer {
  approvalId: string;
  by: Answerer;
  decision: 'approved' | 'denied';
  /** In the person's words; for the audit and the card. */
  reason: string;
  at: Date;
}

/** In characters. */
export const REASON_LENGTH = 500;

/** A reason as people may read it: one line, bounded; empty where nothing was said. Escaped again wherever it is shown. */
export function reasonOf(text: string): string {
  return [...visible(text)].slice(0, REASON_LENGTH).join('');
}

/** How an answer was taken. Only `decided` changed anything; the others say what to tell the person. */
export type Taken =
  | { outcome: 'unknown' }
  | { outcome: 'refused'; approval: ApprovalItem; why: string }
  | { outcome: 'tooLate'; approval: ApprovalItem }
  | { outcome: 'decided'; approval: ApprovalItem };

/**
 * The one way in which a human answer becomes a decision, from Slack, the console or the command line alike. Whoever
 * calls it has proven who answers; whether that person may, is decided here. The first authorised answer before the
 * expiry decides, and everything that fails after it is left to the sweeper.
 *
 * @param carry takes the decision to everybody who waits for it: `settle` for who may answer task tokens; for others
 * `tell`, whose announcement wakes up the sweeper
 */
export async function answerApproval<E extends ApprovalEdges>(
  ports: E,
  { approvalId, by, decision, reason, at }: HumanAnswer,
  carry: (edges: E, approval: ApprovalItem) => Promise<unknown>,
): Promise<Taken> {
  const edges = { ...ports, now: at };
  const approval = await loadApproval(edges.table, approvalId);
  if (!approval) return { outcome: 'unknown' };
  const verb = decision === 'approved' ? 'approve' : 'deny';
  const allowed = await authorise(edges, approval, by);
  if (!allowed.ok) {
    await note(edges, approval, by.id, `refused to ${verb}`, allowed.reason);
    return { outcome: 'refused', approval, why: allowed.reason };
  }
  const answer = { status: decision, by: allowed.slackId, via: by.kind, reason };
  const { won, approval: now } = await decideApproval(edges.table, approvalId, answer, at);
  if (!won) {
    await note(edges, now, allowed.slackId, `too late to ${verb}`);
    return { outcome: 'tooLate', approval: now };
  }
  await carry(edges, now).catch((error: unknown) => edges.warn('left to the sweeper', error));
  return { outcome: 'decided', approval: now };
}

/** Whether this person may act on this approval, by the configuration as it is now. Holds for undo and freeze too. */
export async function authorise(
  { table }: Pick<ApprovalEdges, 'table'>,
  approval: ApprovalItem,
  by: Answerer,
): Promise<{ ok: true; slackId: string } | { ok: false; reason: string }> {
  // The platform matters only for a cluster that nobody configured, and that one has no approvers.
  const config = await loadConfig(table, approval.cluster_id, 'kubernetes');
  const slackId = slackIdOf(config, by);
  if (slackId === null) {
    return { ok: false, reason: 'your name has no Slack id in the configuration of this cluster' };
  }
  const { tier, user } = approval;
  const allowed = mayApprove({ config, tier, user, slackUserId: slackId });
  return allowed.ok ? { ok: true, slackId } : allowed;
}

/** One record in the audit of an approval. */
export function note(
  { table, now }: Pick<ApprovalEdges, 'table' | 'now'>,
  approval: ApprovalItem,
  who: string,
  what: string,
  why?: string,
): Promise<void> {
  const fact = { at: now.toISOString(), who, what };
  return audit(table, approval, why === undefined ? fact : { ...fact, why });
}
