import * as z from 'zod';
import { RequestApprovalInput, RequestApprovalOutput } from '../../schemas/machines/job-workflow.ts';
import { ask } from '../adapters/slack/ask.ts';
import { ApprovalEnv, approvalEdges } from '../adapters/slack/edges.ts';
import { notifier } from '../adapters/slack/notifier.ts';
import { loadConfig } from '../adapters/tables/config.ts';
import { task } from '../runtime/task.ts';

/** Asks a human about one recorded decision; the machine waits for the token that is stored here. */
export const handler = task(
  {
    input: RequestApprovalInput,
    output: RequestApprovalOutput,
    env: {
      ...ApprovalEnv,
      SLACK_DEFAULT_CHANNEL: z.string().min(1),
      SLACK_WEBHOOK_URL_NAME: z.string().default(''),
    },
  },
  async ({ job, ...asked }, invocation) => {
    const { env } = invocation;
    const edges = approvalEdges(invocation);
    const webhook = { baseUrl: env.SLACK_API_BASE_URL, botTokenName: '', webhookUrlName: env.SLACK_WEBHOOK_URL_NAME };
    const config = await loadConfig(edges.table, job.clusterId, job.platform);
    const asking = { ...edges, notice: notifier(webhook) };
    const approval = await ask(asking, { ...asked, job }, config, env.SLACK_DEFAULT_CHANNEL);
    return { approvalId: approval.approval_id, expiresAt: approval.expires_at };
  },
);
