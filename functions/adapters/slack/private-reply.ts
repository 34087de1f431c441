import type { Warn } from '../../application/approvals/ports.ts';
import type { PrivateMessage, Slack } from './client.ts';
import type { Click } from './interaction.ts';

interface Ports {
  readonly slack: Slack;
  readonly warn: Warn;
}
type Clicked = Pick<Click, 'responseUrl' | 'channel' | 'by'>;

/**
 * Replies only to the person who clicked: through the click's response URL, otherwise with an ephemeral message in its
 * channel. If both fail, only the explanation is lost.
 */
export async function replyPrivately(ports: Ports, click: Clicked, said: string | PrivateMessage): Promise<void> {
  await tellPrivately(ports, click, said);
}

/** The same. @returns whether Slack took the reply */
export async function tellPrivately(
  { slack, warn }: Ports,
  { responseUrl, channel, by }: Clicked,
  said: string | PrivateMessage,
): Promise<boolean> {
  const message = typeof said === 'string' ? { text: said } : said;
  try {
    if (responseUrl !== undefined && (await slack.replyPrivately(responseUrl, message))) return true;
  } catch (error) {
    warn('response URL did not take the private reply', error);
  }
  if (channel === undefined) return false;
  try {
    await slack.ephemeral(channel, by, message);
    return true;
  } catch (error) {
    warn('private reply not sent', error);
    return false;
  }
}
