import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { undoState } from '../../domain/undoing.ts';
import { note } from '../answer-approval.ts';
import { askUndo } from '../tables/approval-notes.ts';
import type { ApprovalEdges } from './edges.ts';
import { showState } from './settle.ts';

const WHY_NOT = {
  never: 'There is nothing here that could be undone.',
  over: 'The time to undo this is over.',
  asked: 'Somebody has asked to undo this already; the card will say when it is done.',
};

/**
 * Asks once for an effect to be taken back, in the name of somebody who may. The scheduler is touched by undo-effect, which
 * alone besides Act knows its credentials; a request that gets lost on the way is repeated by the sweeper.
 * @returns why nothing is taken back, null when it will be
 */
export async function askToUndo(edges: ApprovalEdges, approval: ApprovalItem, by: string): Promise<string | null> {
  const state = undoState(approval, edges.now);
  if (state !== 'open') return WHY_NOT[state];
  const asked = await askUndo(edges.table, approval.approval_id, by, edges.now);
  if (!asked) return WHY_NOT.asked;
  await note(edges, asked, by, 'asked to undo');
  const steps = await Promise.allSettled([requestUndo(edges, asked), showState(edges, asked)]);
  for (const step of steps) if (step.status === 'rejected') edges.warn('left to the sweeper', step.reason);
  return null;
}

export function requestUndo({ emit }: Pick<ApprovalEdges, 'emit'>, approval: ApprovalItem): Promise<void> {
  const { cluster_id: clusterId, job_id: jobId, submitted_at: submittedAt, approval_id: approvalId } = approval;
  return emit('UndoRequested', { schemaVersion: 1, clusterId, jobId, submittedAt, approvalId });
}
