import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { joined, listOf, membersOf, withList, without } from '../../domain/crowd.ts';
import { loadApproval } from '../tables/approval-item.ts';
import { changeCrowd, loadCrowd, pinList } from '../tables/question-lists.ts';
import { supersededCard } from './cards.ts';
import type { SlackMessage } from './client.ts';
import type { ApprovalEdges } from './edges.ts';
import { SlackRefused } from './errors.ts';
import { listCard, quietCard } from './list-card.ts';

/** Whoever changed a list shows it; more rounds than this mean that others do, too. */
const ROUNDS = 5;

/**
 * Where the card of a question goes: into the channel, or, when more is open there than people can follow, over all its clusters, into
 * the thread of a card that lists it.
 * @returns the message to answer in; undefined for the channel itself
 */
export async function threadFor(
  edges: ApprovalEdges,
  approval: ApprovalItem,
  channel: string,
): Promise<string | undefined> {
  const { table, slack } = edges;
  const { told_in: crowd, approval_id: id, cards_at_once: atOnce } = approval;
  if (crowd === undefined) return undefined;
  const { after } = await changeCrowd(table, crowd, (before) => joined(before, id, atOnce));
  const number = listOf(after, id);
  if (number === null) return undefined;
  const known = after.lists.find((list) => list.number === number)?.card;
  if (known) return known.ts;
  const card = await slack.post(channel, await cardOf(edges, membersOf(after, number)));
  const noted = await changeCrowd(table, crowd, (before) => {
    const list = before.lists.find((one) => one.number === number);
    return list === undefined || list.card ? null : withList(before, number, { card });
  });
  const counts = noted.after.lists.find((list) => list.number === number)?.card;
  if (counts?.ts !== card.ts) await slack.update(card, supersededCard());
  return counts?.ts;
}

/** Takes questions that are over off the lists of their channel, and shows the lists that they were on. */
export async function leave(edges: ApprovalEdges, over: readonly ApprovalItem[]): Promise<void> {
  const channels = new Set(over.flatMap(({ told_in: channel }) => (channel === undefined ? [] : [channel])));
  for (const channel of channels) {
    const ids = new Set(over.map(({ approval_id: id }) => id));
    const { before } = await changeCrowd(edges.table, channel, (crowd) =>
      crowd.open.some(({ id }) => ids.has(id)) ? without(crowd, ids) : null,
    );
    const lists = new Set([...ids].map((id) => listOf(before, id)));
    for (const number of lists) if (number !== null) await showList(edges, channel, number);
  }
}

/** Brings the list that a question is on to what is open now, with a link to its card. */
export async function showListOf(
  edges: ApprovalEdges,
  { told_in: channel, approval_id: id }: ApprovalItem,
): Promise<void> {
  if (channel === undefined) return;
  const number = listOf(await loadCrowd(edges.table, channel), id);
  if (number !== null) await showList(edges, channel, number);
}

/** Brings one list of a channel to what is really open, until nobody has changed it meanwhile. */
export async function showList(edges: ApprovalEdges, channel: string, number: number): Promise<void> {
  const { table, slack, now } = edges;
  for (let round = 0; round < ROUNDS; round++) {
    const crowd = await loadCrowd(table, channel);
    const list = crowd.lists.find((one) => one.number === number);
    const ids = membersOf(crowd, number);
    // Whoever posts its card shows it once more.
    if (!list || (!list.card && ids.length > 0)) return;
    const message = ids.length === 0 ? quietCard(now) : await cardOf(edges, ids);
    const says = JSON.stringify(message.blocks);
    if (list.card && says !== list.shown) {
      await slack.update(list.card, message).catch((error: unknown) => {
        if (!(error instanceof SlackRefused && error.messageGone)) throw error;
      });
    }
    let changed = false;
    await changeCrowd(table, channel, (fresh) => {
      changed = membersOf(fresh, number).join() !== ids.join();
      if (changed || fresh.lists.find((one) => one.number === number)?.shown === says) return null;
      return withList(fresh, number, ids.length === 0 ? null : { shown: says });
    });
    if (!changed) return;
  }
}

/** Corrects what is open in a channel by how each question stands, and shows every list of it. */
export async function refreshCrowd(edges: ApprovalEdges, channel: string): Promise<void> {
  const known = await loadCrowd(edges.table, channel);
  const found = await Promise.all(known.open.map(({ id }) => loadApproval(edges.table, id)));
  const over = new Set(known.open.flatMap(({ id }, index) => (found[index]?.status === 'pending' ? [] : [id])));
  const { after } = await changeCrowd(edges.table, channel, (crowd) =>
    crowd.open.some(({ id }) => over.has(id)) ? without(crowd, over) : null,
  );
  for (const { number } of after.lists) await showList(edges, channel, number);
}

/** The list with buttons that mean exactly these questions. */
async function cardOf(edges: ApprovalEdges, ids: readonly string[]): Promise<SlackMessage> {
  const found = await Promise.all(ids.map((id) => loadApproval(edges.table, id)));
  const open = found.flatMap((approval) => (approval?.status === 'pending' ? [approval] : []));
  if (open.length === 0) return quietCard(edges.now);
  const pinned = await pinList(
    edges.table,
    open.map(({ approval_id: id }) => id),
    edges.now,
  );
  return listCard(edges.slack, pinned, open);
}
