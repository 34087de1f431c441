import * as z from 'zod';
import { RequestApprovalInput, RequestApprovalOutput } from '../../schemas/machines/job-workflow.ts';
import { ApprovalSettings, approvalPorts } from '../adapters/messages/approval-ports.ts';
import { noticeFor } from '../adapters/messages/notices.ts';
import { requestStore } from '../adapters/tables/approval-stores.ts';
import { loadConfig } from '../adapters/tables/config.ts';
import { table } from '../adapters/tables/table.ts';
import { requestApproval } from '../application/approvals/request-approval.ts';
import { task } from '../runtime/task.ts';

/** Asks a human about one recorded decision; the machine waits on the token stored here. */
export const handler = task(
  {
    input: RequestApprovalInput,
    output: RequestApprovalOutput,
    env: {
      ...ApprovalSettings,
      SLACK_DEFAULT_CHANNEL: z.string().min(1),
      SLACK_WEBHOOK_URL_NAME: z.string().default(''),
    },
  },
  async (request, invocation) => {
    const { env } = invocation;
    const { job } = request;
    const here = table(env.DYNAMODB_TABLE_NAME);
    const ports = approvalPorts(invocation, requestStore(here));
    const messages = { ...ports.messages, postNotice: noticeFor(env) };
    const config = await loadConfig(here, job.clusterId);
    const approval = await requestApproval({ ...ports, messages }, request, config, env.SLACK_DEFAULT_CHANNEL);
    return { approvalId: approval.approval_id, expiresAt: approval.expires_at };
  },
);
