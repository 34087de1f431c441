import type { Effect } from '../../../schemas/effect.ts';
import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import type { JobItem } from '../../../schemas/items/job.ts';
import { NOBODY } from '../../domain/approval.ts';
import { unknownTouch } from '../../domain/own-effect.ts';
import { effectIdOf } from '../../domain/subject.ts';
import { stands } from '../../domain/undoing.ts';
import { whyNotPending } from '../../domain/waiting.ts';
import { note } from './audit.ts';
import type { FollowStore } from './ports.ts';

/**
 * Reads the effect of an answer from the job's row, and records it once in the approval and its audit.
 * @returns the approval as it is now, whether more may follow, and whether a hold is in place that nobody wants
 */
export async function followEffect(
  ports: { store: FollowStore; now: Date },
  approval: ApprovalItem,
): Promise<{ approval: ApprovalItem; expected: boolean; unwanted: boolean }> {
  const row = await ports.store.loadJob(approval.pinned);
  const unwanted = isUnwanted(approval, row);
  if (unwanted) return { approval, expected: true, unwanted };
  const effect = effectOf(approval, row) ?? endedWithout(approval, row, ports.now);
  if (!effect) return { approval, expected: !isOver(row), unwanted };
  const { status, at, reason, action } = effect;
  if (approval.effect?.status === status && approval.effect.at === at) return { approval, expected: true, unwanted };
  // The audit first: once the approval records an effect, it is not looked at again.
  await note({ store: ports.store, now: new Date(at) }, approval, NOBODY, `effect ${status}`, reason ?? action);
  const known = { status, at, ...(reason === undefined ? {} : { reason }) };
  return { approval: await ports.store.noteEffect(approval.approval_id, known), expected: true, unwanted };
}

/**
 * Whether a hold is still in place that nobody wanted to keep, and whose execution ended without releasing it. The job waits for
 * nothing else, so somebody has to.
 */
export function isUnwanted(approval: ApprovalItem, row: JobItem | null): boolean {
  const { question, status, subject, pinned } = approval;
  if (question !== 'keep' || status === 'pending' || stands(approval)) return false;
  const hold = subject.whose === 'asked' ? row?.approved_effect : row?.effect;
  if (hold?.decisionId !== effectIdOf(pinned.decisionId, subject.whose) || hold.undo === undefined) return false;
  return isOver(row) && whyNotPending(row) === null && hold.status === 'done';
}

/** A finished execution does nothing more, so the card must not promise anything. */
function endedWithout(
  { question, status, subject, pinned }: ApprovalItem,
  row: JobItem | null,
  now: Date,
): Effect | null {
  const released = question === 'keep' && status !== 'approved';
  if (!isOver(row) || (status !== 'approved' && !released)) return null;
  const decisionId = effectIdOf(pinned.decisionId, subject.whose);
  const at = row?.closed_at ?? now.toISOString();
  if (row && unknownTouch(row)?.decisionId === decisionId) {
    const reason = 'the execution ended during the call, and nobody knows whether it was done';
    return { action: subject.arguments.action, decisionId, at, status: 'failed', reason, intervened: true };
  }
  const common = { action: subject.arguments.action, decisionId, intervened: released };
  return released
    ? { ...common, at, status: 'failed', reason: 'the execution ended without releasing the hold' }
    : { ...common, at, status: 'refused', reason: 'the execution ended without doing it' };
}

const isOver = (row: JobItem | null) => row === null || row.closed_at !== undefined;

/** The effect this answer permitted; a hold placed before the question is not its effect. */
function effectOf({ question, status, subject, pinned, decided_at }: ApprovalItem, row: JobItem | null): Effect | null {
  const effect = subject.whose === 'asked' ? row?.approved_effect : row?.effect;
  if (!effect || effect.decisionId !== effectIdOf(pinned.decisionId, subject.whose)) return null;
  if (question === 'act') return stands({ status }) ? effect : null;
  if (status === 'approved' || effect.status !== 'done') return effect;
  return decided_at !== undefined && Date.parse(effect.at) >= Date.parse(decided_at) ? effect : null;
}
