import * as z from 'zod';
import { RequestApprovalInput, RequestApprovalOutput } from '../../schemas/machines/job-workflow.ts';
import { loadConfig } from '../adapters/config-store.ts';
import { ask } from '../adapters/slack/ask.ts';
import { ApprovalEnv, approvalEdges } from '../adapters/slack/edges.ts';
import { task } from '../runtime/task.ts';

/** Asks a human about one recorded decision; the machine waits for the token that is stored here. */
export const handler = task(
  {
    input: RequestApprovalInput,
    output: RequestApprovalOutput,
    env: { ...ApprovalEnv, SLACK_DEFAULT_CHANNEL: z.string().min(1) },
  },
  async ({ job, ...asked }, invocation) => {
    const edges = approvalEdges(invocation);
    const config = await loadConfig(edges.table, job.clusterId, job.platform);
    const question = { ...asked, user: job.user };
    const approval = await ask(edges, question, config, invocation.env.SLACK_DEFAULT_CHANNEL);
    return { approvalId: approval.approval_id, expiresAt: approval.expires_at };
  },
);
