import * as z from 'zod';
import { NotifyDriftInput, NotifyDriftOutput } from '../../schemas/machines/drift-monitor.ts';
import { saveDriftTold } from '../adapters/calibration-store.ts';
import { loadConfig } from '../adapters/config-store.ts';
import { driftMessage } from '../adapters/slack/drift.ts';
import { notifier } from '../adapters/slack/notifier.ts';
import { table } from '../adapters/table.ts';
import { task } from '../runtime/task.ts';

/** Tells people that a cluster's drift band has changed. An operator message: never gated. */
export const handler = task(
  {
    input: NotifyDriftInput,
    output: NotifyDriftOutput,
    env: {
      DYNAMODB_TABLE_NAME: z.string().min(1),
      SLACK_API_BASE_URL: z.url({ protocol: /^https?$/ }),
      SLACK_BOT_TOKEN_NAME: z.string().default(''),
      SLACK_WEBHOOK_URL_NAME: z.string().default(''),
      SLACK_DEFAULT_CHANNEL: z.string().min(1),
    },
  },
  async (report, { env }) => {
    const store = table(env.DYNAMODB_TABLE_NAME);
    const { clusterId, run } = report;
    const from = { band: report.previousDrift, alarm: report.previousAlarm };
    const to = { band: report.drift, alarm: report.alarm };
    // Before Slack: the bus has the news by now, and a Slack that refuses must not have it sent every few minutes.
    await saveDriftTold(store, clusterId, { from, to, run });
    // Only the channel is used here; of an unknown cluster it does not depend on the platform.
    const { slackChannel } = await loadConfig(store, clusterId, 'kubernetes');
    const notify = notifier({
      baseUrl: env.SLACK_API_BASE_URL,
      botTokenName: env.SLACK_BOT_TOKEN_NAME,
      webhookUrlName: env.SLACK_WEBHOOK_URL_NAME,
    });
    return { sent: await notify(slackChannel ?? env.SLACK_DEFAULT_CHANNEL, driftMessage(report)) };
  },
);
