import { ExpireApprovalInput, ExpireApprovalOutput } from '../../schemas/machines/job-workflow.ts';
import { ApprovalSettings, approvalPorts } from '../adapters/messages/approval-ports.ts';
import { expireStore } from '../adapters/tables/approval-stores.ts';
import { table } from '../adapters/tables/table.ts';
import { expire } from '../application/approvals/expire-or-void.ts';
import { task } from '../runtime/task.ts';

/** After the timeout: expires the approval, or returns an answer that was stored just before. */
export const handler = task(
  { input: ExpireApprovalInput, output: ExpireApprovalOutput, env: ApprovalSettings },
  ({ decision, question }, invocation) => {
    const store = expireStore(table(invocation.env.DYNAMODB_TABLE_NAME));
    return expire(approvalPorts(invocation, store), decision.decisionId, question);
  },
);
