import { VoidApprovalInput, VoidApprovalOutput } from '../../schemas/machines/job-workflow.ts';
import { ApprovalEnv, approvalEdges } from '../adapters/slack/edges.ts';
import { tell } from '../adapters/slack/settle.ts';
import { storedAnswer, voidApproval } from '../adapters/tables/approvals.ts';
import { approvalIdOf } from '../domain/approval.ts';
import { task } from '../runtime/task.ts';

/** What was approved no longer fits the world: says so on the card and in the audit, and nothing is done. */
export const handler = task(
  { input: VoidApprovalInput, output: VoidApprovalOutput, env: ApprovalEnv },
  async ({ decision, question, reason }, invocation) => {
    const edges = approvalEdges(invocation);
    const { approval } = await voidApproval(
      edges.table,
      approvalIdOf(decision.decisionId, question),
      reason,
      edges.now,
    );
    await tell(edges, approval);
    return storedAnswer(approval);
  },
);
