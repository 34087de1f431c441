import type { ApprovalAnswer, ApprovalItem, Question } from '../../schemas/items/approval.ts';
import type { TierName } from '../../schemas/primitives.ts';
import { TIERS } from './thresholds.ts';

/** Who decided where no human did. */
export const NOBODY = 'vgac-agentic';

/**
 * Id of what people may say about one decision: whether to do it, whether to keep a hold, and whether to take back an autonomous effect.
 * All three may exist, as three approvals.
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

/** The tier of what an approval is about. @throws RangeError for a tier that there is not */
export function subjectTier(tier: number): TierName {
  const name = TIERS[tier - 1];
  if (name === undefined) throw new RangeError(`there is no tier ${tier}`);
  return name;
}
