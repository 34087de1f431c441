import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { joined, listOf, membersOf, withList, without } from '../../domain/crowd.ts';
import { MessageGone, type MessageRef, type QuestionList } from './messages.ts';
import type { ApprovalPorts, ListStore } from './ports.ts';

type ListPorts = Pick<ApprovalPorts<ListStore>, 'store' | 'messages' | 'now'>;

/** Whoever changes a list updates its message; needing more rounds than this means that others are updating it too. */
const ROUNDS = 5;

/**
 * Where to post a question: on its own in the channel or, when more questions are open there than people can follow, under the
 * message of a list.
 * @returns the message of its list; undefined for a question on its own
 */
export async function listMessageFor(
  ports: ListPorts,
  approval: ApprovalItem,
  channel: string,
): Promise<MessageRef | undefined> {
  const { store, messages } = ports;
  const { configured_channel: crowd, approval_id: id, cards_at_once: atOnce } = approval;
  if (crowd === undefined) return undefined;
  const { after } = await store.changeCrowd(crowd, (before) => joined(before, id, atOnce));
  const number = listOf(after, id);
  if (number === null) return undefined;
  const known = after.lists.find((list) => list.number === number)?.card;
  if (known) return known;
  const card = await messages.postList(channel, await listOfOpen(ports, membersOf(after, number)));
  const noted = await store.changeCrowd(crowd, (before) => {
    const list = before.lists.find((one) => one.number === number);
    return list === undefined || list.card ? null : withList(before, number, { card });
  });
  const counts = noted.after.lists.find((list) => list.number === number)?.card;
  if (counts?.ts !== card.ts) await messages.showSuperseded(card);
  return counts;
}

/** Takes closed questions off the lists of their channel, and updates those lists' messages. */
export async function leaveLists(ports: ListPorts, over: readonly ApprovalItem[]): Promise<void> {
  const channels = new Set(over.flatMap(({ configured_channel: channel }) => (channel === undefined ? [] : [channel])));
  for (const channel of channels) {
    const ids = new Set(over.map(({ approval_id: id }) => id));
    const { before } = await ports.store.changeCrowd(channel, (crowd) =>
      crowd.open.some(({ id }) => ids.has(id)) ? without(crowd, ids) : null,
    );
    const lists = new Set([...ids].map((id) => listOf(before, id)));
    for (const number of lists) if (number !== null) await showList(ports, channel, number);
  }
}

/** Updates the message of a question's list, with a link to the question. */
export async function showListOf(
  ports: ListPorts,
  { configured_channel: channel, approval_id: id }: ApprovalItem,
): Promise<void> {
  if (channel === undefined) return;
  const number = listOf(await ports.store.loadCrowd(channel), id);
  if (number !== null) await showList(ports, channel, number);
}

/** Updates the message of a list to what is really open, and repeats while the list changes concurrently. */
async function showList(ports: ListPorts, channel: string, number: number): Promise<void> {
  const { store, messages, now } = ports;
  for (let round = 0; round < ROUNDS; round++) {
    const crowd = await store.loadCrowd(channel);
    const known = crowd.lists.find((one) => one.number === number);
    const ids = membersOf(crowd, number);
    // Whoever posts its message will also update it.
    if (!known || (!known.card && ids.length > 0)) return;
    const list: QuestionList = ids.length === 0 ? { id: null, at: now } : await listOfOpen(ports, ids);
    const state = messages.listState(list);
    if (known.card && state !== known.shown) {
      await messages.showList(known.card, list).catch((error: unknown) => {
        if (!(error instanceof MessageGone)) throw error;
      });
    }
    let changed = false;
    await store.changeCrowd(channel, (fresh) => {
      changed = membersOf(fresh, number).join() !== ids.join();
      if (changed || fresh.lists.find((one) => one.number === number)?.shown === state) return null;
      return withList(fresh, number, ids.length === 0 ? null : { shown: state });
    });
    if (!changed) return;
  }
}

/** Corrects a channel's open questions by the status of each approval, and updates the messages of all its lists. */
export async function refreshLists(ports: ListPorts, channel: string): Promise<void> {
  const { store } = ports;
  const known = await store.loadCrowd(channel);
  const found = await Promise.all(known.open.map(({ id }) => store.loadApproval(id)));
  const over = new Set(known.open.flatMap(({ id }, index) => (found[index]?.status === 'pending' ? [] : [id])));
  const { after } = await store.changeCrowd(channel, (crowd) =>
    crowd.open.some(({ id }) => over.has(id)) ? without(crowd, over) : null,
  );
  for (const { number } of after.lists) await showList(ports, channel, number);
}

/** The open questions of a list, pinned so that its buttons mean exactly these. */
async function listOfOpen({ store, now }: ListPorts, ids: readonly string[]): Promise<QuestionList> {
  const found = await Promise.all(ids.map((id) => store.loadApproval(id)));
  const open = found.flatMap((approval) => (approval?.status === 'pending' ? [approval] : []));
  if (open.length === 0) return { id: null, at: now };
  const pinned = open.map(({ approval_id: id }) => id);
  return { id: await store.pinList(pinned, now), open };
}
