import { ExpireApprovalInput, ExpireApprovalOutput } from '../../schemas/machines/job-workflow.ts';
import { ApprovalEnv, approvalEdges } from '../adapters/slack/edges.ts';
import { tell } from '../adapters/slack/settle.ts';
import { expireApproval, storedAnswer } from '../adapters/tables/approvals.ts';
import { approvalIdOf } from '../domain/approval.ts';
import { task } from '../runtime/task.ts';

/** Nobody answered in time: expires the approval, or follows the answer that was stored just before. */
export const handler = task(
  { input: ExpireApprovalInput, output: ExpireApprovalOutput, env: ApprovalEnv },
  async ({ decision, question }, invocation) => {
    const edges = approvalEdges(invocation);
    const id = approvalIdOf(decision.decisionId, question);
    const { approval } = await expireApproval(edges.table, id, edges.now);
    await tell(edges, approval);
    return storedAnswer(approval);
  },
);
