import * as z from 'zod';
import { NotifyMapInput, NotifyMapOutput } from '../../schemas/machines/recalibration.ts';
import { loadConfig } from '../adapters/config-store.ts';
import { mapMessage } from '../adapters/slack/map.ts';
import { notifier } from '../adapters/slack/notifier.ts';
import { table } from '../adapters/table.ts';
import { task } from '../runtime/task.ts';

/** Tells people that another map is in force. An operator message: never gated. */
export const handler = task(
  {
    input: NotifyMapInput,
    output: NotifyMapOutput,
    env: {
      DYNAMODB_TABLE_NAME: z.string().min(1),
      SLACK_API_BASE_URL: z.url({ protocol: /^https?$/ }),
      SLACK_BOT_TOKEN_NAME: z.string().default(''),
      SLACK_WEBHOOK_URL_NAME: z.string().default(''),
      SLACK_DEFAULT_CHANNEL: z.string().min(1),
    },
  },
  async ({ clusterId, change }, { env }) => {
    // Only the channel is used here; of an unknown cluster it does not depend on the platform.
    const { slackChannel } = await loadConfig(table(env.DYNAMODB_TABLE_NAME), clusterId, 'kubernetes');
    const notify = notifier({
      baseUrl: env.SLACK_API_BASE_URL,
      botTokenName: env.SLACK_BOT_TOKEN_NAME,
      webhookUrlName: env.SLACK_WEBHOOK_URL_NAME,
    });
    return { sent: await notify(slackChannel ?? env.SLACK_DEFAULT_CHANNEL, mapMessage(change)) };
  },
);
