import { VoidApprovalInput, VoidApprovalOutput } from '../../schemas/machines/job-workflow.ts';
import { ApprovalSettings, approvalPorts } from '../adapters/messages/approval-ports.ts';
import { voidApprovalStore } from '../adapters/tables/approval-stores.ts';
import { table } from '../adapters/tables/table.ts';
import { voidApproval } from '../application/approvals/expire-or-void.ts';
import { task } from '../runtime/task.ts';

/** Voids an approval that no longer fits the situation: shows this on the card and in the audit; nothing is done. */
export const handler = task(
  { input: VoidApprovalInput, output: VoidApprovalOutput, env: ApprovalSettings },
  ({ decision, question, reason }, invocation) => {
    const store = voidApprovalStore(table(invocation.env.DYNAMODB_TABLE_NAME));
    return voidApproval(approvalPorts(invocation, store), decision.decisionId, question, reason);
  },
);
