import { acknowledgeDigest } from '../../application/approvals/acknowledge-digest.ts';
import type { ClickPorts } from './click-ports.ts';
import { digestMessage } from './daily-digest.ts';
import type { Click } from './interaction.ts';
import { replyPrivately } from './private-reply.ts';
import { clockTime, person } from './wording.ts';

/** Records who has read a daily digest, and shows it on its message. */
export async function acknowledge(ports: ClickPorts, click: Click): Promise<void> {
  const { slack, warn } = ports;
  const answer = await acknowledgeDigest(ports, click.approvalId, click.by);
  if (!answer) return replyPrivately(ports, click, 'This digest is no longer known here.');
  const { first, digest } = answer;
  if (!first) {
    const { acknowledged_by: by = '', acknowledged_at: at = '' } = digest;
    return replyPrivately(ports, click, `It was acknowledged by ${person(by)}, ${clockTime(at)}.`);
  }
  const card = digestMessage(digest);
  const { channel, messageTs: ts, responseUrl } = click;
  try {
    if (channel !== undefined && ts !== undefined) return await slack.update({ channel, ts }, card);
  } catch (error) {
    warn('the digest was not updated', error);
  }
  if (responseUrl === undefined) return;
  await slack.replace(responseUrl, card).catch((error: unknown) => warn('the digest was not replaced', error));
}
