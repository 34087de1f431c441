import { readSecret, SecretUnavailable } from '../secrets.ts';
import { postToWebhook, type SlackMessage, slackClient } from './client.ts';

interface NotifierOptions {
  baseUrl: string;
  /** Name of the secret with the bot token; empty for none. */
  botTokenName: string;
  /** Name of the secret with the incoming webhook's URL; empty for none. */
  webhookUrlName: string;
}

/**
 * Sends a message that needs no answer: by the bot where there is a token, else by the incoming webhook, else nowhere.
 * @returns whether there was a way to send it
 * @throws SlackUnavailable, SlackRefused
 */
export function notifier({ baseUrl, botTokenName, webhookUrlName }: NotifierOptions) {
  return async (channel: string, message: SlackMessage): Promise<boolean> => {
    const token = await secretOrNothing(botTokenName);
    if (token !== null) {
      await slackClient({ baseUrl, botToken: async () => token }).post(channel, message);
      return true;
    }
    const webhook = await secretOrNothing(webhookUrlName);
    if (webhook === null) return false;
    await postToWebhook(webhook, message);
    return true;
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
