import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { approvalIdOf } from '../../domain/approval.ts';
import { asksSomebody } from '../../domain/closing.ts';
import type { Round } from '../../domain/round.ts';
import { whyNotPending } from '../../domain/waiting.ts';
import type { ResumingPorts, SettleStore, VoidStore } from './ports.ts';
import { settle } from './settle.ts';

/**
 * Voids every open question about a round once its job no longer waits to start: first the record, then the execution, the message
 * and the list. A faster answer stands, and is checked again before anything is done. Anything that fails after the record is left
 * to the sweeper.
 * @returns how many questions became void
 */
export async function voidQuestions(ports: ResumingPorts<VoidStore & SettleStore>, round: Round): Promise<number> {
  const { store, now } = ports;
  const row = await store.loadJob(round);
  const why = whyNotPending(row);
  if (why === null || !row?.decision || !asksSomebody(row.decision)) return 0;
  const { decisionId } = row.decision;
  const ids = [approvalIdOf(decisionId, 'act'), approvalIdOf(decisionId, 'keep')];
  const voided = (await Promise.all(ids.map((id) => store.voidQuestion(id, why, now)))).filter(
    (approval) => approval !== null,
  );
  for (const approval of voided) {
    await settle(ports, approval).catch((error: unknown) => ports.warn('left to the sweeper', error));
  }
  return voided.length;
}

/**
 * The same for a single question found later: its job may have started while it was being asked, and its execution may have
 * failed.
 * @returns the question as it is now; null if it is rightly open
 */
export async function voidIfOver(
  { store, now }: { store: VoidStore; now: Date },
  approval: ApprovalItem,
): Promise<ApprovalItem | null> {
  if (approval.status !== 'pending') return null;
  const row = await store.loadJob(approval.pinned);
  const why = whyNotPending(row) ?? (row?.closed_at === undefined ? null : 'the execution that asked is over');
  return why === null ? null : store.voidQuestion(approval.approval_id, why, now);
}
