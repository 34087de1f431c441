import type { OpenDigestItem } from '../../schemas/items/approval.ts';

/**
 * The open questions of a channel, over all its clusters, in order of arrival. Those beyond what people can follow one by one
 * share the card of a list.
 */
export type Crowd = Pick<OpenDigestItem, 'open' | 'lists'>;

export const NO_CROWD: Crowd = { open: [], lists: [] };

/** Nobody reads more than this before pressing a button below it. */
export const LIST_LENGTH = 10;

/**
 * Adds a question: on its own card while at most `atOnce` are open, else on the newest list with room. The same question takes
 * one place, however often it is added.
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

/** Removes closed questions. Lists stay until their cards show it. */
export function without(crowd: Crowd, ids: ReadonlySet<string>): Crowd {
  return { ...crowd, open: crowd.open.filter(({ id }) => !ids.has(id)) };
}

/** The questions of one list, in order of arrival. */
export function membersOf({ open }: Crowd, number: number): string[] {
  return open.filter(({ list }) => list === number).map(({ id }) => id);
}

/** The list a question is on; null if it has its own card. */
export function listOf({ open }: Crowd, id: string): number | null {
  return open.find((one) => one.id === id)?.list ?? null;
}

/** Changes one list; `null` removes it. */
export function withList(crowd: Crowd, number: number, change: Partial<Crowd['lists'][number]> | null): Crowd {
  const lists = crowd.lists.flatMap((list) => {
    if (list.number !== number) return [list];
    return change === null ? [] : [{ ...list, ...change }];
  });
  return { ...crowd, lists };
}
