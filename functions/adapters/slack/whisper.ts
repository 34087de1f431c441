import type { ApprovalEdges } from './edges.ts';
import type { Click } from './interaction.ts';

/**
 * Tells only the person who clicked: by the response URL of the click, else by an ephemeral message in its channel. When
 * neither gets through, nothing is lost but the explanation.
 */
export async function whisper(
  { slack, warn }: Pick<ApprovalEdges, 'slack' | 'warn'>,
  { responseUrl, channel, by }: Pick<Click, 'responseUrl' | 'channel' | 'by'>,
  text: string,
): Promise<void> {
  try {
    if (responseUrl !== undefined && (await slack.whisper(responseUrl, text))) return;
  } catch (error) {
    warn('response URL did not take the private answer', error);
  }
  if (channel === undefined) return;
  await slack.ephemeral(channel, by, text).catch((error: unknown) => warn('private answer not sent', error));
}
