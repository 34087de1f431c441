import * as z from 'zod';
import { postDailyDigest } from '../adapters/daily-digest.ts';
import { notifier } from '../adapters/slack/notifier.ts';
import { listClusters } from '../adapters/tables/calibration.ts';
import { loadConfig } from '../adapters/tables/config.ts';
import { table } from '../adapters/tables/table.ts';
import { task } from '../runtime/task.ts';

/** Every morning: tells each channel what became of the jobs of the day before, and how approvals were answered. */
export const handler = task(
  {
    input: z.unknown(),
    output: z.object({ posted: z.number().int() }),
    env: {
      DYNAMODB_TABLE_NAME: z.string().min(1),
      SLACK_API_BASE_URL: z.url({ protocol: /^https?$/ }),
      SLACK_BOT_TOKEN_NAME: z.string().default(''),
      SLACK_WEBHOOK_URL_NAME: z.string().default(''),
      SLACK_DEFAULT_CHANNEL: z.string().min(1),
    },
  },
  async (_schedule, { env, now }) => {
    const store = table(env.DYNAMODB_TABLE_NAME);
    const notify = notifier({
      baseUrl: env.SLACK_API_BASE_URL,
      botTokenName: env.SLACK_BOT_TOKEN_NAME,
      webhookUrlName: env.SLACK_WEBHOOK_URL_NAME,
    });
    let posted = 0;
    for (const clusterId of await listClusters(store)) {
      const { slackChannel } = await loadConfig(store, clusterId, 'kubernetes');
      const post = notify.bind(null, slackChannel ?? env.SLACK_DEFAULT_CHANNEL);
      if (await postDailyDigest(store, clusterId, post, now)) posted += 1;
    }
    return { posted };
  },
);
