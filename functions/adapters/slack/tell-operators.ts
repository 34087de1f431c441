import * as z from 'zod';
import { loadConfig } from '../tables/config.ts';
import type { Table } from '../tables/table.ts';
import type { SlackMessage } from './client.ts';
import { notifier } from './notifier.ts';

/** Settings of a function that tells operators something in Slack and needs no answer. */
export const operatorSettings = {
  SLACK_API_BASE_URL: z.url({ protocol: /^https?$/ }),
  SLACK_BOT_TOKEN_NAME: z.string().default(''),
  SLACK_WEBHOOK_URL_NAME: z.string().default(''),
  SLACK_DEFAULT_CHANNEL: z.string().min(1),
};
type OperatorSettings = z.infer<z.ZodObject<typeof operatorSettings>>;

/**
 * Tells the operators of one cluster, in its own channel where it has one. An operator message is never gated.
 * @returns whether there was a way to send it
 * @throws SlackUnavailable, SlackRefused, UnreadableItem when the configuration cannot be read
 */
export async function tellOperatorsOf(
  table: Table,
  clusterId: string,
  message: SlackMessage,
  env: OperatorSettings,
): Promise<boolean> {
  // Only the channel is used here; of an unknown cluster it does not depend on the platform.
  const { slackChannel } = await loadConfig(table, clusterId, 'kubernetes');
  return tell(slackChannel ?? env.SLACK_DEFAULT_CHANNEL, message, env);
}

/** Tells the operators of the whole system. As above, and reads nothing. */
export function tellAllOperators(message: SlackMessage, env: OperatorSettings): Promise<boolean> {
  return tell(env.SLACK_DEFAULT_CHANNEL, message, env);
}

function tell(channel: string, message: SlackMessage, env: OperatorSettings): Promise<boolean> {
  const { SLACK_API_BASE_URL, SLACK_BOT_TOKEN_NAME, SLACK_WEBHOOK_URL_NAME } = env;
  const notify = notifier({
    baseUrl: SLACK_API_BASE_URL,
    botTokenName: SLACK_BOT_TOKEN_NAME,
    webhookUrlName: SLACK_WEBHOOK_URL_NAME,
  });
  return notify(channel, message);
}
