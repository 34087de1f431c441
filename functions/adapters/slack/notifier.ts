import { readSecret, SecretUnavailable } from '../aws/secrets.ts';
import { postToWebhook, type Slack, type SlackMessage, slackClient } from './client.ts';

interface NotifierOptions {
  baseUrl: string;
  /** Name of the secret with the bot token; empty for none. */
  botTokenName: string;
  /** Name of the secret with the incoming webhook's URL; empty for none. */
  webhookUrlName: string;
}

/** How people are reached: by the bot, whose messages can be answered and changed, or one way by an incoming webhook. */
export type Way =
  | { kind: 'bot'; slack: Slack }
  | { kind: 'webhook'; post(message: SlackMessage): Promise<void> }
  | { kind: 'none' };

/** The bot where there is a token, else the incoming webhook, else nothing. */
export async function wayToPeople({ baseUrl, botTokenName, webhookUrlName }: NotifierOptions): Promise<Way> {
  const token = await secretOrNothing(botTokenName);
  if (token !== null) return { kind: 'bot', slack: slackClient({ baseUrl, botToken: async () => token }) };
  const webhook = await secretOrNothing(webhookUrlName);
  if (webhook === null) return { kind: 'none' };
  return { kind: 'webhook', post: (message) => postToWebhook(webhook, message) };
}

/**
 * Sends a message that needs no answer. @returns whether there was a way to send it
 * @throws SlackUnavailable, SlackRefused
 */
export type Send = (channel: string, message: SlackMessage) => Promise<boolean>;

/** By the bot where there is a token, else by the incoming webhook, else nowhere. */
export function notifier(options: NotifierOptions): Send {
  return async (channel, message) => {
    const way = await wayToPeople(options);
    if (way.kind === 'bot') await way.slack.post(channel, message);
    if (way.kind === 'webhook') await way.post(message);
    return way.kind !== 'none';
  };
}

/** A secret that was never filled in is a way that is not configured, not a failure of the job. */
async function secretOrNothing(name: string): Promise<string | null> {
  if (!name) return null;
  try {
    return await readSecret(name);
  } catch (error) {
    if (error instanceof SecretUnavailable) return null;
    throw error;
  }
}
