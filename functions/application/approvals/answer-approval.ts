import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { type Answerer, mayApprove, mayFreeze, slackIdOf } from '../../domain/approvers.ts';
import { visible } from '../../domain/visible.ts';
import { note } from './audit.ts';
import type { AnswerStore, AuthoriseStore, Warn } from './ports.ts';
import { voidIfOver } from './void-questions.ts';

export interface HumanAnswer {
  approvalId: string;
  by: Answerer;
  decision: 'approved' | 'denied';
  /** In the person's own words, for the audit and the card. */
  reason: string;
}

/** In characters. */
export const REASON_LENGTH = 500;

/** A reason as one line of limited length, or empty. Escaped again wherever it is shown. */
export function reasonOf(text: string): string {
  return [...visible(text)].slice(0, REASON_LENGTH).join('');
}

/** The result of an answer. Only `decided` changed anything; the others say why the answer did not count. */
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
 * The only way a human answer becomes a decision, whether from Slack, the console or the command line. The caller has proven who
 * is answering; this function decides whether that person may, and whether there is still something to answer. The first
 * authorised answer before the expiry decides, and anything that fails afterwards is left to the sweeper.
 *
 * @param carry delivers the decision: `settle` for callers that may answer task tokens; `publish`, whose event wakes the sweeper,
 * for others
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
  // Nothing can come of an answer once the job or the execution that asked is over.
  const over = await voidIfOver(ports, approval);
  if (over) {
    await note(ports, over, allowed.slackId, `too late to ${verb}`);
    await carry(over).catch((error: unknown) => warn('left to the sweeper', error));
    return { outcome: 'tooLate', approval: over };
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

/**
 * Whether this person may act on this approval under the current configuration. Also used for undo, and for freezing its cluster, where
 * it does not matter whose job it is.
 */
export async function authorise(
  { store }: { store: Pick<AuthoriseStore, 'loadConfig'> },
  approval: ApprovalItem,
  by: Answerer,
  to: 'answer' | 'freeze' = 'answer',
): Promise<{ ok: true; slackId: string } | { ok: false; reason: string }> {
  const config = await store.loadConfig(approval.cluster_id);
  const slackId = slackIdOf(config, by);
  if (slackId === null) {
    return { ok: false, reason: 'your name has no Slack id in the configuration of this cluster' };
  }
  const { tier, user } = approval;
  const allowed =
    to === 'freeze' ? mayFreeze(config, slackId) : mayApprove({ config, tier, user, slackUserId: slackId });
  return allowed.ok ? { ok: true, slackId } : allowed;
}
