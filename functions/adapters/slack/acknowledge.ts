import { audit } from '../tables/approval-audit.ts';
import { acknowledgeDigest } from '../tables/daily-digests.ts';
import { digestMessage } from './daily-digest.ts';
import type { ApprovalEdges } from './edges.ts';
import type { Click } from './interaction.ts';
import { whisper } from './whisper.ts';
import { clockTime, person } from './wording.ts';

/**
 * Notes that somebody has read a daily digest. Whoever sees it may: it permits nothing and changes nothing.
 */
export async function acknowledge(edges: ApprovalEdges, click: Click): Promise<void> {
  const { table, slack, now } = edges;
  const answer = await acknowledgeDigest(table, click.approvalId, click.by, now);
  if (!answer) return whisper(edges, click, 'This digest is not known here any more.');
  const { first, digest } = answer;
  if (!first) {
    const { acknowledged_by: by = '', acknowledged_at: at = '' } = digest;
    return whisper(edges, click, `It was acknowledged by ${person(by)}, ${clockTime(at)}.`);
  }
  await audit(table, { approval_id: click.approvalId }, { at: now.toISOString(), who: click.by, what: 'acknowledged' });
  const card = digestMessage(digest);
  const { channel, messageTs: ts, responseUrl } = click;
  try {
    if (channel !== undefined && ts !== undefined) return await slack.update({ channel, ts }, card);
  } catch (error) {
    edges.warn('the digest was not updated', error);
  }
  if (responseUrl === undefined) return;
  await slack.replace(responseUrl, card).catch((error: unknown) => edges.warn('the digest was not replaced', error));
}
