import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { type Answerer, mayApprove, slackIdOf } from '../../domain/approvers.ts';
import { visible } from '../../domain/visible.ts';
import { note } from './audit.ts';
import type { AnswerStore, AuthoriseStore, Warn } from './ports.ts';

export interface HumanAnswer {
  approvalId: string;
  by: Answerer;
  decision: 'approved' | 'denied';
  /** In the person's words; for the audit and the card. */
  reason: string;
}

/** In characters. */
export const REASON_LENGTH = 500;

/** A reason as people may read it: one line, bounded; empty where nothing was said. Escaped again wherever it is shown. */
export function reasonOf(text: string): string {
  return [...visible(text)].slice(0, REASON_LENGTH).join('');
}

/** How an answer was taken. Only `decided` changed anything; the others say why the answer did not count. */
export type Taken =
  | { outcome: 'unknown' }
  | { outcome: 'refused'; approval: ApprovalItem; why: string }
  | { outcome: 'tooLate'; approval: ApprovalItem }
  | { outcome: 'decided'; approval: ApprovalItem };

interface AnswerPorts {
  store: AnswerStore;
  now: Date;
  warn: Warn;
}

/**
 * The one way in which a human answer becomes a decision, whether it comes from Slack, the console or the command line. The caller has
 * proven who answers; whether that person may, is decided here. The first authorised answer before the expiry decides, and everything that
 * fails after it is left to the sweeper.
 *
 * @param carry takes the decision to everybody who waits for it: `settle` for callers that may answer task tokens; for others `publish`,
 * whose event wakes up the sweeper
 */
export async function answerApproval(
  ports: AnswerPorts,
  { approvalId, by, decision, reason }: HumanAnswer,
  carry: (approval: ApprovalItem) => Promise<unknown>,
): Promise<Taken> {
  const { store, now, warn } = ports;
  const approval = await store.loadApproval(approvalId);
  if (!approval) return { outcome: 'unknown' };
  const verb = decision === 'approved' ? 'approve' : 'deny';
  const allowed = await authorise(ports, approval, by);
  if (!allowed.ok) {
    await note(ports, approval, by.id, `refused to ${verb}`, allowed.reason);
    return { outcome: 'refused', approval, why: allowed.reason };
  }
  const answer = { status: decision, by: allowed.slackId, via: by.kind, reason };
  const { won, approval: decided } = await store.decideApproval(approvalId, answer, now);
  if (!won) {
    await note(ports, decided, allowed.slackId, `too late to ${verb}`);
    return { outcome: 'tooLate', approval: decided };
  }
  await carry(decided).catch((error: unknown) => warn('left to the sweeper', error));
  return { outcome: 'decided', approval: decided };
}

/** Whether this person may act on this approval, by the configuration as it is now. Also applies to undo and freeze. */
export async function authorise(
  { store }: { store: Pick<AuthoriseStore, 'loadConfig'> },
  approval: ApprovalItem,
  by: Answerer,
): Promise<{ ok: true; slackId: string } | { ok: false; reason: string }> {
  // The platform matters only for a cluster that nobody configured, and such a cluster has no approvers.
  const config = await store.loadConfig(approval.cluster_id, 'kubernetes');
  const slackId = slackIdOf(config, by);
  if (slackId === null) {
    return { ok: false, reason: 'your name has no Slack id in the configuration of this cluster' };
  }
  const { tier, user } = approval;
  const allowed = mayApprove({ config, tier, user, slackUserId: slackId });
  return allowed.ok ? { ok: true, slackId } : allowed;
}
