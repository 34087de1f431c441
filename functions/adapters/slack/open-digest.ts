import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { correctOpen, countOpen, endDigest, markDigestShown, recordDigest } from '../open-digest-store.ts';
import { section, supersededCard } from './cards.ts';
import type { Slack, SlackMessage } from './client.ts';
import type { ApprovalEdges } from './edges.ts';
import { SlackRefused } from './errors.ts';
import { code } from './escape.ts';
import { clockTime, shortDeed } from './wording.ts';

/** A section holds 3,000 characters; the rest is counted. */
const LISTED = 10;

/**
 * Where the card of an approval goes: into the channel, or, when this cluster has more open than people can follow there,
 * into the thread of one digest card that lists them all.
 * @returns the message to answer in; undefined for the channel itself
 */
export async function threadFor(
  { table, slack }: ApprovalEdges,
  { cluster_id: clusterId, cards_at_once: atOnce }: ApprovalItem,
  channel: string,
): Promise<string | undefined> {
  const digest = await countOpen(table, clusterId);
  if (digest.open <= atOnce) return undefined;
  if (digest.ts !== undefined) return digest.ts;
  const card = await slack.post(channel, crowdCard(clusterId, digest.open, []));
  const noted = await recordDigest(table, clusterId, card);
  if (noted) return card.ts;
  await slack.update(card, supersededCard());
  return undefined;
}

/** Corrects the count of open approvals of a cluster, and its digest card, if it has one, by what is really open. */
export async function refreshDigest(
  { table, slack, now }: ApprovalEdges,
  clusterId: string,
  open: readonly ApprovalItem[],
): Promise<void> {
  const { channel, ts, shown } = await correctOpen(table, clusterId, open.length);
  if (channel === undefined || ts === undefined) {
    if (open.length === 0) await endDigest(table, clusterId);
    return;
  }
  const card = open.length === 0 ? quietCard(clusterId, now) : crowdCard(clusterId, open.length, links(slack, open));
  const says = JSON.stringify(card.blocks);
  if (says !== shown) {
    await slack.update({ channel, ts }, card).catch((error: unknown) => {
      if (!(error instanceof SlackRefused && error.messageGone)) throw error;
    });
    await markDigestShown(table, clusterId, says);
  }
  if (open.length === 0) await endDigest(table, clusterId);
}

function links(slack: Pick<Slack, 'link'>, open: readonly ApprovalItem[]): string[] {
  const soonest = open.toSorted((a, b) => (a.expires_at < b.expires_at ? -1 : 1));
  const lines = soonest.slice(0, LISTED).map((approval) => {
    const { channel, card_ts: ts, pinned, expires_at } = approval;
    const what = `${shortDeed(pinned)}, until ${clockTime(expires_at)}`;
    return channel && ts ? `• <${slack.link({ channel, ts })}|Answer>: ${what}` : `• ${what}`;
  });
  return open.length > LISTED ? [...lines, `… and ${open.length - LISTED} more in the thread`] : lines;
}

function crowdCard(clusterId: string, open: number, lines: string[]): SlackMessage {
  return {
    text: `${open} requests wait for a human`,
    blocks: [
      section(
        `🚨 *${open} requests wait for a human* on cluster ${code(clusterId, 160)}`,
        'There are too many for one card each, so they are in the thread of this message. Those that run out first:',
      ),
      ...(lines.length > 0 ? [section(...lines)] : []),
    ],
  };
}

function quietCard(clusterId: string, now: Date): SlackMessage {
  const text = `All requests on cluster ${code(clusterId, 160)} are answered or over, ${clockTime(now.toISOString())}.`;
  return { text: 'No request waits for a human any more', blocks: [section(text)] };
}
