import * as z from 'zod';
import { NotifyInput, NotifyOutput } from '../../schemas/machines/job-workflow.ts';
import { loadConfig } from '../adapters/config-store.ts';
import { notifier } from '../adapters/slack/notifier.ts';
import { statementMessage } from '../adapters/slack/statement.ts';
import { table } from '../adapters/table.ts';
import { task } from '../runtime/task.ts';

/** Tells a human what the agent did alone, where its evidence is only good enough for that. */
export const handler = task(
  {
    input: NotifyInput,
    output: NotifyOutput,
    env: {
      DYNAMODB_TABLE_NAME: z.string().min(1),
      SLACK_API_BASE_URL: z.url({ protocol: /^https?$/ }),
      SLACK_BOT_TOKEN_NAME: z.string().default(''),
      SLACK_WEBHOOK_URL_NAME: z.string().default(''),
      SLACK_DEFAULT_CHANNEL: z.string().min(1),
    },
  },
  async ({ job, decision, effect }, { env }) => {
    const { slackChannel } = await loadConfig(table(env.DYNAMODB_TABLE_NAME), job.clusterId, job.platform);
    const notify = notifier({
      baseUrl: env.SLACK_API_BASE_URL,
      botTokenName: env.SLACK_BOT_TOKEN_NAME,
      webhookUrlName: env.SLACK_WEBHOOK_URL_NAME,
    });
    return { sent: await notify(slackChannel ?? env.SLACK_DEFAULT_CHANNEL, statementMessage(decision, effect)) };
  },
);
