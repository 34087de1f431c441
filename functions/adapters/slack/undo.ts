import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { undoState } from '../../domain/undoing.ts';
import { note } from '../answer-approval.ts';
import { askUndo } from '../approval-store.ts';
import type { ApprovalEdges, ResumingEdges } from './edges.ts';
import type { Click } from './interaction.ts';
import { showState } from './settle.ts';
import { whisper } from './whisper.ts';

const WHY_NOT = {
  never: 'There is nothing here that could be undone.',
  over: 'The time to undo this from the card is over.',
  asked: 'Somebody has asked to undo this already; the card will say when it is done.',
};

/**
 * Asks once for an effect to be taken back. The scheduler is touched by undo-effect, which alone besides Act knows its
 * credentials; a request that gets lost on the way is repeated by the sweeper.
 */
export async function undoFromCard(edges: ResumingEdges, approval: ApprovalItem, click: Click): Promise<void> {
  const state = undoState(approval, edges.now);
  if (state !== 'open') return whisper(edges, click, WHY_NOT[state]);
  const asked = await askUndo(edges.table, approval.approval_id, click.by, edges.now);
  if (!asked) return whisper(edges, click, WHY_NOT.asked);
  await note(edges, asked, click.by, 'asked to undo');
  const steps = await Promise.allSettled([requestUndo(edges, asked), showState(edges, asked)]);
  for (const step of steps) if (step.status === 'rejected') edges.warn('left to the sweeper', step.reason);
}

export function requestUndo({ emit }: Pick<ApprovalEdges, 'emit'>, approval: ApprovalItem): Promise<void> {
  const { cluster_id: clusterId, job_id: jobId, approval_id: approvalId } = approval;
  return emit('UndoRequested', { schemaVersion: 1, clusterId, jobId, approvalId });
}
