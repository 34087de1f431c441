import type { ApprovalAnswer, ApprovalItem, Question } from '../../schemas/items/approval.ts';
import type { TierName } from '../../schemas/primitives.ts';
import { TIERS } from './thresholds.ts';

/** Stands in for the decider when no human decided. */
export const NOBODY = 'vgac-agentic';

/**
 * Id of one approval of a decision: whether to do it, whether to keep a hold, or whether to undo an autonomous effect. All three
 * may exist side by side.
 */
export function approvalIdOf(decisionId: string, about: Question | 'autonomous'): string {
  return about === 'act' ? decisionId : `${decisionId}-${about}`;
}

/** The answer for the waiting execution. Null while undecided, or when nobody was asked. */
export function answerOf(approval: ApprovalItem): ApprovalAnswer | null {
  const { status, decided_by, decided_at, decided_reason } = approval;
  if (status === 'pending' || status === 'autonomous' || decided_at === undefined) return null;
  const by = status === 'void' ? NOBODY : (decided_by ?? NOBODY);
  return { decision: status, by, at: decided_at, reason: decided_reason ?? '' };
}

/** The tier an approval is about. @throws RangeError for an unknown tier */
export function subjectTier(tier: number): TierName {
  const name = TIERS[tier - 1];
  if (name === undefined) throw new RangeError(`there is no tier ${tier}`);
  return name;
}
