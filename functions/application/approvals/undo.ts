import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { undoState } from '../../domain/undoing.ts';
import { note } from './audit.ts';
import type { ApprovalPorts, UndoStore } from './ports.ts';
import { showState } from './publish.ts';

const WHY_NOT = {
  never: 'There is nothing here that could be undone.',
  over: 'The time to undo this is over.',
  asked: 'Somebody has asked to undo this already; the card will say when it is done.',
};

/**
 * Requests the undo of an effect, once, for an authorised person. UndoEffect carries it out, since only it and Act hold scheduler
 * credentials; the sweeper repeats a lost request.
 * @returns why nothing is undone; null when it will be
 */
export async function askToUndo(
  ports: ApprovalPorts<UndoStore>,
  approval: ApprovalItem,
  by: string,
): Promise<string | null> {
  const state = undoState(approval, ports.now);
  if (state !== 'open') return WHY_NOT[state];
  const asked = await ports.store.askUndo(approval.approval_id, by, ports.now);
  if (!asked) return WHY_NOT.asked;
  await note(ports, asked, by, 'asked to undo');
  const steps = await Promise.allSettled([requestUndo(ports, asked), showState(ports, asked)]);
  for (const step of steps) if (step.status === 'rejected') ports.warn('left to the sweeper', step.reason);
  return null;
}

export function requestUndo({ emit }: Pick<ApprovalPorts<UndoStore>, 'emit'>, approval: ApprovalItem): Promise<void> {
  const { cluster_id: clusterId, job_id: jobId, submitted_at: submittedAt, approval_id: approvalId } = approval;
  return emit('UndoRequested', { schemaVersion: 1, clusterId, jobId, submittedAt, approvalId });
}
