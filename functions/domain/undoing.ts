import type { Decision } from '../../schemas/decision.ts';
import type { Effect } from '../../schemas/effect.ts';
import type { ApprovalItem } from '../../schemas/items/approval.ts';
import { capabilityOf } from './capabilities.ts';

/** `open`: can be undone · `asked`: requested already · `over`: too late · `never`: nothing to undo, or no way to. */
export type UndoState = 'open' | 'asked' | 'over' | 'never';

/** Whether its effect is permitted: approved by a human, or autonomous. */
export function stands({ status }: Pick<ApprovalItem, 'status'>): boolean {
  return status === 'approved' || status === 'autonomous';
}

/**
 * Whether the effect can be undone now. The window starts with the effect, or with the answer until the effect is known.
 * An effect that failed or did not touch the scheduler leaves nothing to undo.
 */
export function undoState(approval: ApprovalItem, now: Date): UndoState {
  const { subject, pinned, effect, decided_at, undo_asked_at, undo_seconds } = approval;
  if (!stands(approval) || decided_at === undefined || pinned.dryRun) return 'never';
  if (capabilityOf(subject.arguments.action)?.reversible !== true || undo_seconds <= 0) return 'never';
  if (effect !== undefined && effect.status !== 'done') return 'never';
  if (undo_asked_at !== undefined) return 'asked';
  return now.getTime() < undoUntil(approval) ? 'open' : 'over';
}

/** When the undo window ends, in ms: counted from the effect, or from the answer while the effect is unknown. */
export function undoUntil({ effect, decided_at, undo_seconds }: ApprovalItem): number {
  const since = [effect?.at, decided_at].flatMap((at) => (at === undefined ? [] : [Date.parse(at)]));
  return Math.max(...since) + undo_seconds * 1000;
}

/** Whether to offer people an undo of an autonomous effect. */
export function offersUndo(decision: Decision, effect: Effect, undoMinutes: number): boolean {
  if (!decision.executed || effect.status !== 'done' || !effect.intervened || undoMinutes <= 0) return false;
  return effect.undo !== undefined && capabilityOf(effect.action)?.reversible === true;
}

/**
 * Whether the card still has something to show after an answer: the effect it permits, the release of a hold that was not
 * kept, or the end of the undo window.
 */
export function toFollow(approval: ApprovalItem, now: Date): boolean {
  const { status, question, effect } = approval;
  if (status === 'pending' || status === 'void') return false;
  if (!stands(approval)) return question === 'keep' && effect === undefined;
  if (effect === undefined) return true;
  const undo = undoState(approval, now);
  return undo === 'open' || undo === 'asked';
}
