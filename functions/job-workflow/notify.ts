import * as z from 'zod';
import { NotifyInput, NotifyOutput } from '../../schemas/machines/job-workflow.ts';
import { warnOn } from '../adapters/slack/edges.ts';
import { wayToPeople } from '../adapters/slack/notifier.ts';
import { tellAlone } from '../adapters/slack/tell-alone.ts';
import { loadConfig } from '../adapters/tables/config.ts';
import { table } from '../adapters/tables/table.ts';
import { task } from '../runtime/task.ts';

/** Tells a human what the agent did alone, where its evidence is only good enough for that, and lets them undo it. */
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
  async ({ job, decision, effect }, { env, now, log }) => {
    const store = table(env.DYNAMODB_TABLE_NAME);
    const config = await loadConfig(store, job.clusterId, job.platform);
    const way = await wayToPeople({
      baseUrl: env.SLACK_API_BASE_URL,
      botTokenName: env.SLACK_BOT_TOKEN_NAME,
      webhookUrlName: env.SLACK_WEBHOOK_URL_NAME,
    });
    const edges = { table: store, now, warn: warnOn(log) };
    const done = { decision, effect, job };
    return { sent: await tellAlone(edges, way, done, config, env.SLACK_DEFAULT_CHANNEL) };
  },
);
