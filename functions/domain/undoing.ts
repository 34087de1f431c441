import type { Decision } from '../../schemas/decision.ts';
import type { Effect } from '../../schemas/effect.ts';
import type { ApprovalItem } from '../../schemas/items/approval.ts';
import { capabilityOf } from './capabilities.ts';

/** `open` may be taken back · `asked` somebody did · `over` too late · `never` there is nothing to take back, or no way. */
export type UndoState = 'open' | 'asked' | 'over' | 'never';

/** Whether an effect of it is permitted: a human approved it, or it is autonomous. */
export function stands({ status }: Pick<ApprovalItem, 'status'>): boolean {
  return status === 'approved' || status === 'autonomous';
}

/**
 * Whether what was done can be taken back now. The time begins with the effect, and before it is known with the
 * answer; what did not touch the scheduler, or failed, has nothing to take back.
 */
export function undoState(approval: ApprovalItem, now: Date): UndoState {
  const { subject, pinned, effect, decided_at, undo_asked_at, undo_seconds } = approval;
  if (!stands(approval) || decided_at === undefined || pinned.dryRun) return 'never';
  if (capabilityOf(subject.arguments.action)?.reversible !== true || undo_seconds <= 0) return 'never';
  if (effect !== undefined && effect.status !== 'done') return 'never';
  if (undo_asked_at !== undefined) return 'asked';
  return now.getTime() < undoUntil(approval) ? 'open' : 'over';
}

/** When the time to undo ends, in ms: counted from the effect, or from the answer while the effect is not known. */
export function undoUntil({ effect, decided_at, undo_seconds }: ApprovalItem): number {
  const since = [effect?.at, decided_at].flatMap((at) => (at === undefined ? [] : [Date.parse(at)]));
  return Math.max(...since) + undo_seconds * 1000;
}

/** Whether people may be offered to take back an autonomous effect. */
export function offersUndo(decision: Decision, effect: Effect, undoMinutes: number): boolean {
  if (!decision.executed || effect.status !== 'done' || !effect.intervened || undoMinutes <= 0) return false;
  return effect.undo !== undefined && capabilityOf(effect.action)?.reversible === true;
}

/**
 * Whether an answer still has something to come that the card has to show: the effect it permits, the release of a hold
 * that nobody kept, or the end of the time in which it can be taken back.
 */
export function toFollow(approval: ApprovalItem, now: Date): boolean {
  const { status, question, effect } = approval;
  if (status === 'pending' || status === 'void') return false;
  if (!stands(approval)) return question === 'keep' && effect === undefined;
  if (effect === undefined) return true;
  const undo = undoState(approval, now);
  return undo === 'open' || undo === 'asked';
}
