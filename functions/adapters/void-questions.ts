import type { ApprovalItem } from '../../schemas/items/approval.ts';
import { approvalIdOf } from '../domain/approval.ts';
import { asksSomebody } from '../domain/closing.ts';
import type { Round } from '../domain/round.ts';
import { whyNotPending } from '../domain/waiting.ts';
import type { ResumingEdges } from './slack/edges.ts';
import { settle } from './slack/settle.ts';
import { voidQuestion } from './tables/approvals.ts';
import { loadJob } from './tables/jobs.ts';
import type { Table } from './tables/table.ts';

/**
 * Makes every open question about a round void once its job does not wait to start any more: the record at once, then the execution, the
 * card and the list that it is on. An answer that was faster stands, and is looked at again before anything is done. What fails after the
 * record is left to the sweeper.
 * @returns how many questions went void
 */
export async function voidQuestions(edges: ResumingEdges, round: Round): Promise<number> {
  const row = await loadJob(edges.table, round);
  const why = whyNotPending(row);
  if (why === null || !row?.decision || !asksSomebody(row.decision)) return 0;
  const { decisionId } = row.decision;
  const ids = [approvalIdOf(decisionId, 'act'), approvalIdOf(decisionId, 'keep')];
  const voided = (await Promise.all(ids.map((id) => voidQuestion(edges.table, id, why, edges.now)))).filter(
    (approval) => approval !== null,
  );
  for (const approval of voided) {
    await settle(edges, approval).catch((error: unknown) => edges.warn('left to the sweeper', error));
  }
  return voided.length;
}

/**
 * The same for one question that is at hand, for whoever finds it later: its job may have started while it was asked, and its execution
 * may have broken.
 * @returns the question as it is now; null where it is open with good reason
 */
export async function voidIfOver(
  { table, now }: { table: Table; now: Date },
  approval: ApprovalItem,
): Promise<ApprovalItem | null> {
  if (approval.status !== 'pending') return null;
  const row = await loadJob(table, approval.pinned);
  const why = whyNotPending(row) ?? (row?.closed_at === undefined ? null : 'the execution that asked is over');
  return why === null ? null : voidQuestion(table, approval.approval_id, why, now);
}
