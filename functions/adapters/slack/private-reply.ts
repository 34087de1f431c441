import type { Warn } from '../../application/approvals/ports.ts';
import type { PrivateMessage, Slack } from './client.ts';
import type { Click } from './interaction.ts';

/**
 * Replies only to the person who clicked: through the click's response URL, otherwise with an ephemeral message in its
 * channel. If both fail, only the explanation is lost.
 */
export async function replyPrivately(
  { slack, warn }: { slack: Slack; warn: Warn },
  { responseUrl, channel, by }: Pick<Click, 'responseUrl' | 'channel' | 'by'>,
  said: string | PrivateMessage,
): Promise<void> {
  const message = typeof said === 'string' ? { text: said } : said;
  try {
    if (responseUrl !== undefined && (await slack.replyPrivately(responseUrl, message))) return;
  } catch (error) {
    warn('response URL did not take the private reply', error);
  }
  if (channel === undefined) return;
  await slack.ephemeral(channel, by, message).catch((error: unknown) => warn('private reply not sent', error));
}
