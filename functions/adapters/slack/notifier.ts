import { readSecret, SecretUnavailable } from '../aws/secrets.ts';
import { postToWebhook, type Slack, type SlackMessage, slackClient } from './client.ts';

interface NotifierOptions {
  baseUrl: string;
  /** Name of the secret with the bot token; empty for none. */
  botTokenName: string;
  /** Name of the secret with the incoming webhook's URL; empty for none. */
  webhookUrlName: string;
}

/** How people are reached: by the bot, whose messages can be answered and updated, or by a one-way incoming webhook. */
export type Delivery =
  | { kind: 'bot'; slack: Slack }
  | { kind: 'webhook'; post(message: SlackMessage): Promise<void> }
  | { kind: 'none' };

/** The bot if there is a token, otherwise the incoming webhook, otherwise nothing. */
export async function deliveryFrom({ baseUrl, botTokenName, webhookUrlName }: NotifierOptions): Promise<Delivery> {
  const token = await secretOrNothing(botTokenName);
  if (token !== null) return { kind: 'bot', slack: slackClient({ baseUrl, botToken: async () => token }) };
  const webhook = await secretOrNothing(webhookUrlName);
  if (webhook === null) return { kind: 'none' };
  return { kind: 'webhook', post: (message) => postToWebhook(webhook, message) };
}

/**
 * Sends a message that needs no answer. @returns false if neither bot nor webhook is configured
 * @throws SlackUnavailable, SlackRefused
 */
export type Send = (channel: string, message: SlackMessage) => Promise<boolean>;

export function notifier(options: NotifierOptions): Send {
  return async (channel, message) => {
    const delivery = await deliveryFrom(options);
    if (delivery.kind === 'bot') await delivery.slack.post(channel, message);
    if (delivery.kind === 'webhook') await delivery.post(message);
    return delivery.kind !== 'none';
  };
}

/** An empty secret means that it is not configured, which must not fail the job. */
async function secretOrNothing(name: string): Promise<string | null> {
  if (!name) return null;
  try {
    return await readSecret(name);
  } catch (error) {
    if (error instanceof SecretUnavailable) return null;
    throw error;
  }
}
