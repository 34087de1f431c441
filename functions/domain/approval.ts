import type { ApprovalAnswer, ApprovalItem, Question } from '../../schemas/items/approval.ts';
import type { TierName } from '../../schemas/primitives.ts';

/** Who decided where no human did. */
export const NOBODY = 'vgac-agentic';

/**
 * Id of what people may say about one decision: whether to do it, whether to keep a hold, and whether to take back what the agent did
 * alone. All three may exist, and are three approvals.
 */
export function approvalIdOf(decisionId: string, about: Question | 'autonomous'): string {
  return about === 'act' ? decisionId : `${decisionId}-${about}`;
}

/** What the waiting execution gets to know. Null while nothing is decided, and where nobody was asked. */
export function answerOf(approval: ApprovalItem): ApprovalAnswer | null {
  const { status, decided_by, decided_at, decided_reason } = approval;
  if (status === 'pending' || status === 'autonomous' || decided_at === undefined) return null;
  const by = status === 'void' ? NOBODY : (decided_by ?? NOBODY);
  return { decision: status, by, at: decided_at, reason: decided_reason ?? '' };
}

export const tierName = (tier: number): TierName =>
  tier >= 4 ? 'gate' : tier === 3 ? 'suggest' : tier === 2 ? 'warn' : 'annotate';
