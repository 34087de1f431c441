import type { OpenDigestItem } from '../../schemas/items/approval.ts';

/**
 * The questions of a channel: all that are open there, over all its clusters, in order of arrival; those beyond what people can follow one by
 * one share the card of a list.
 */
export type Crowd = Pick<OpenDigestItem, 'open' | 'lists'>;

export const NO_CROWD: Crowd = { open: [], lists: [] };

/** More than this nobody reads before pressing a button under it. */
export const LIST_LENGTH = 10;

/**
 * With one more question: with a card of its own while no more than `atOnce` are open, else on the newest list that has room. The same
 * question twice has one place.
 */
export function joined(crowd: Crowd, id: string, atOnce: number): Crowd {
  const { open, lists } = crowd;
  if (open.some((other) => other.id === id)) return crowd;
  if (open.length < atOnce) return { ...crowd, open: [...open, { id }] };
  const last = lists.at(-1)?.number;
  if (last !== undefined && membersOf(crowd, last).length < LIST_LENGTH) {
    return { ...crowd, open: [...open, { id, list: last }] };
  }
  const number = (last ?? 0) + 1;
  return { open: [...open, { id, list: number }], lists: [...lists, { number }] };
}

/** Without questions that are over. Lists stay until their cards have said so. */
export function without(crowd: Crowd, ids: ReadonlySet<string>): Crowd {
  return { ...crowd, open: crowd.open.filter(({ id }) => !ids.has(id)) };
}

/** The questions of one list, in order of arrival. */
export function membersOf({ open }: Crowd, number: number): string[] {
  return open.filter(({ list }) => list === number).map(({ id }) => id);
}

/** The list that a question is on; null for one with a card of its own. */
export function listOf({ open }: Crowd, id: string): number | null {
  return open.find((one) => one.id === id)?.list ?? null;
}

/** One list changed, or gone with `null`. */
export function withList(crowd: Crowd, number: number, change: Partial<Crowd['lists'][number]> | null): Crowd {
  const lists = crowd.lists.flatMap((list) => {
    if (list.number !== number) return [list];
    return change === null ? [] : [{ ...list, ...change }];
  });
  return { ...crowd, lists };
}
