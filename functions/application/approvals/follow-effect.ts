import type { Effect } from '../../../schemas/effect.ts';
import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import type { JobItem } from '../../../schemas/items/job.ts';
import { NOBODY } from '../../domain/approval.ts';
import { effectIdOf } from '../../domain/subject.ts';
import { stands } from '../../domain/undoing.ts';
import { note } from './audit.ts';
import type { FollowStore } from './ports.ts';

/**
 * Reads from the row of the job what came of an answer, and records it in the approval and its audit once.
 * @returns the approval as it is now, and whether more may still come
 */
export async function followEffect(
  ports: { store: FollowStore; now: Date },
  approval: ApprovalItem,
): Promise<{ approval: ApprovalItem; expected: boolean }> {
  const row = await ports.store.loadJob(approval.pinned);
  const effect = effectOf(approval, row) ?? endedWithout(approval, row, ports.now);
  if (!effect) return { approval, expected: !isOver(row) };
  const { status, at, reason, action } = effect;
  if (approval.effect?.status === status && approval.effect.at === at) return { approval, expected: true };
  // The audit first: an effect that is recorded in the approval is not looked at again.
  await note({ store: ports.store, now: new Date(at) }, approval, NOBODY, `effect ${status}`, reason ?? action);
  const known = { status, at, ...(reason === undefined ? {} : { reason }) };
  return { approval: await ports.store.noteEffect(approval.approval_id, known), expected: true };
}

/** An execution that is over does nothing more, so people must not be promised anything. */
function endedWithout(
  { question, status, subject, pinned }: ApprovalItem,
  row: JobItem | null,
  now: Date,
): Effect | null {
  const released = question === 'keep' && status !== 'approved';
  if (!isOver(row) || (status !== 'approved' && !released)) return null;
  const decisionId = effectIdOf(pinned.decisionId, subject.whose);
  const common = { action: subject.arguments.action, decisionId, intervened: released };
  const at = row?.closed_at ?? now.toISOString();
  return released
    ? { ...common, at, status: 'failed', reason: 'the execution ended without releasing the hold' }
    : { ...common, at, status: 'refused', reason: 'the execution ended without doing it' };
}

const isOver = (row: JobItem | null) => row === null || row.closed_at !== undefined;

/** The effect that this answer permitted; a hold that was in place before the question is not an answer to it. */
function effectOf({ question, status, subject, pinned, decided_at }: ApprovalItem, row: JobItem | null): Effect | null {
  const effect = subject.whose === 'asked' ? row?.approved_effect : row?.effect;
  if (!effect || effect.decisionId !== effectIdOf(pinned.decisionId, subject.whose)) return null;
  if (question === 'act') return stands({ status }) ? effect : null;
  if (status === 'approved' || effect.status !== 'done') return effect;
  return decided_at !== undefined && Date.parse(effect.at) >= Date.parse(decided_at) ? effect : null;
}
