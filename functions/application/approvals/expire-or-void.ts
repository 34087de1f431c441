import type { ApprovalAnswer, ApprovalItem, Question } from '../../../schemas/items/approval.ts';
import { answerOf, approvalIdOf } from '../../domain/approval.ts';
import { ApprovalNotFound, type ApprovalPorts, type ExpireStore, type VoidApprovalStore } from './ports.ts';
import { publish } from './publish.ts';

/**
 * After the timeout: expires the approval, or returns an answer that was stored just before.
 * @throws ApprovalNotFound
 */
export async function expire(
  ports: ApprovalPorts<ExpireStore>,
  decisionId: string,
  question: Question,
): Promise<ApprovalAnswer> {
  const { approval } = await ports.store.expireApproval(approvalIdOf(decisionId, question), ports.now);
  await publish(ports, approval);
  return storedAnswer(approval);
}

/**
 * Voids an approval that no longer fits the situation: shows this on the card and in the audit; nothing is done.
 * @throws ApprovalNotFound
 */
export async function voidApproval(
  ports: ApprovalPorts<VoidApprovalStore>,
  decisionId: string,
  question: Question,
  reason: string,
): Promise<ApprovalAnswer> {
  const { approval } = await ports.store.voidApproval(approvalIdOf(decisionId, question), reason, ports.now);
  await publish(ports, approval);
  return storedAnswer(approval);
}

/** The answer of an approval that is known to be decided. @throws ApprovalNotFound when it is not */
function storedAnswer(approval: ApprovalItem): ApprovalAnswer {
  const answer = answerOf(approval);
  if (!answer) throw new ApprovalNotFound(`approval ${approval.approval_id} has no answer`);
  return answer;
}
