import type { Decision } from '../../schemas/decision.ts';
import type { Effect } from '../../schemas/effect.ts';
import type { ApprovalAnswer } from '../../schemas/items/approval.ts';
import type { RowStatus } from '../../schemas/items/job.ts';
import { TIERS } from './thresholds.ts';

export interface Ending {
  decision: Decision | null;
  /** What was done on the agent's own decision, and what with a human's approval. */
  effect: Effect | null;
  approvedEffect: Effect | null;
  answer: ApprovalAnswer | null;
  /** Whether a state of the machine failed. */
  failed: boolean;
}

/** How a job's row ended, in one word. The strictest reading wins: a failure is never hidden behind an
 * approval. An autonomous effect determines the word even when a human was asked about more. */
export function closingStatus({ decision, effect, approvedEffect, answer, failed }: Ending): RowStatus {
  const broke = effect?.status === 'failed' || approvedEffect?.status === 'failed';
  if (!decision || failed || broke) return 'failed';
  if (decision.executed) return effect?.status === 'refused' ? 'refused' : 'acted';
  if (answer) return answer.decision;
  if (decision.next === 'late') return 'late';
  if (decision.next === 'holdOut') return 'heldOut';
  return decision.next === 'nothing' ? 'nothingNeeded' : 'withheld';
}

/** A hold asks whether to keep it, whoever placed it; in dry run there is nothing to keep. */
export function asksSomebody({ asks, executed, tier, dryRun }: Decision): boolean {
  return asks !== null || (executed && tier === TIERS.length && !dryRun);
}
