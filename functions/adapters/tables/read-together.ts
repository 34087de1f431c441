import { BatchGetCommand } from '@aws-sdk/lib-dynamodb';
import { UnreadableItem } from '../../application/unreadable.ts';
import type { Table } from './table.ts';

export interface ItemKey {
  readonly PK: string;
  readonly SK: string;
}

/** Items read in one request, by key; undefined if absent. */
export type Items = (key: ItemKey) => Record<string, unknown> | undefined;

/** A busy table may leave keys out; asking again for the rest is cheap, and more rounds than this are a fault. */
const ATTEMPTS = 3;

/**
 * Reads everything one handler needs, consistently, in one request instead of one per item.
 * @param keys at most 100, each once
 * @throws UnreadableItem if the table left some of them out: an unread item may exist
 */
export async function readTogether(table: Table, keys: readonly ItemKey[]): Promise<Items> {
  const found = new Map<string, Record<string, unknown>>();
  let Keys: Record<string, unknown>[] = keys.map((key) => ({ ...key }));
  for (let attempt = 0; attempt < ATTEMPTS && Keys.length > 0; attempt++) {
    const answer = await table.client.send(
      new BatchGetCommand({ RequestItems: { [table.name]: { Keys, ConsistentRead: true } } }),
    );
    for (const item of answer.Responses?.[table.name] ?? []) found.set(nameOf(item), item);
    Keys = answer.UnprocessedKeys?.[table.name]?.Keys ?? [];
  }
  if (Keys.length > 0) throw new UnreadableItem(`${Keys.map(nameOf).join(', ')} could not be read`);
  return (key) => found.get(nameOf(key));
}

function nameOf({ PK, SK }: { PK?: unknown; SK?: unknown }): string {
  return `${String(PK)} ${String(SK)}`;
}
