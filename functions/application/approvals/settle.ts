import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { answerOf, NOBODY } from '../../domain/approval.ts';
import { toFollow } from '../../domain/undoing.ts';
import { note } from './audit.ts';
import type { ResumingPorts, SettleStore } from './ports.ts';
import { announce, leaveIfOver, showState } from './publish.ts';

interface SettleOptions {
  /** The caller takes it off its list, together with other questions. */
  staysListed?: boolean;
}

/**
 * Delivers a stored decision to the execution, the event bus and audit, its message and its list, then removes the approval from the
 * open ones. Every step is repeatable, so calling it again repairs a crash anywhere. All steps are attempted before the first
 * failure is thrown.
 *
 * @returns whether everything is done
 */
export async function settle(
  ports: ResumingPorts<SettleStore>,
  approval: ApprovalItem,
  { staysListed = false }: SettleOptions = {},
): Promise<boolean> {
  const [resumed, ...others] = await Promise.allSettled([
    resume(ports, approval),
    announce(ports, approval),
    showState(ports, approval),
    staysListed ? undefined : leaveIfOver(ports, approval),
  ]);
  if (resumed.status === 'rejected') throw resumed.reason;
  for (const step of others) if (step.status === 'rejected') throw step.reason;
  if (!resumed.value || toFollow(approval, ports.now)) return false;
  return ports.store.closeApproval(approval);
}

/** Hands the answer to the waiting execution. True when no token is left to answer. */
export async function resume(ports: ResumingPorts<SettleStore>, approval: ApprovalItem): Promise<boolean> {
  const { store, answerTask } = ports;
  if (approval.status === 'autonomous') return true;
  const answer = answerOf(approval);
  if (!answer) return false;
  const token = await store.loadToken(approval.approval_id);
  if (token === null) return true;
  const outcome = await answerTask(token, answer);
  await note(ports, approval, NOBODY, outcome === 'resumed' ? 'resumed' : 'found the execution closed');
  return store.deleteToken(approval.approval_id, token);
}
