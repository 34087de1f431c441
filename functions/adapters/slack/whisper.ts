import type { PrivateMessage } from './client.ts';
import type { ApprovalEdges } from './edges.ts';
import type { Click } from './interaction.ts';

/**
 * Tells only the person who clicked: by the response URL of the click, else by an ephemeral message in its channel. When
 * neither gets through, nothing is lost but the explanation.
 */
export async function whisper(
  { slack, warn }: Pick<ApprovalEdges, 'slack' | 'warn'>,
  { responseUrl, channel, by }: Pick<Click, 'responseUrl' | 'channel' | 'by'>,
  said: string | PrivateMessage,
): Promise<void> {
  const message = typeof said === 'string' ? { text: said } : said;
  try {
    if (responseUrl !== undefined && (await slack.whisper(responseUrl, message))) return;
  } catch (error) {
    warn('response URL did not take the private answer', error);
  }
  if (channel === undefined) return;
  await slack.ephemeral(channel, by, message).catch((error: unknown) => warn('private answer not sent', error));
}
