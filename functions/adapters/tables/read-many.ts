import { BatchGetCommand } from '@aws-sdk/lib-dynamodb';
import type * as z from 'zod';
import { isUnreadable } from '../../application/unreadable.ts';
import type { ItemKey } from './read-together.ts';
import { clusterKey, parseItem, type Table } from './table.ts';

/** DynamoDB's limit. */
const BATCH = 100;

/**
 * Reads these keys, however many and however large the items, for display. A decision reads with `readTogether`, which is
 * one request.
 *
 * @returns in the order of the keys, null for absent items
 */
export async function readMany(table: Table, keys: readonly ItemKey[]): Promise<(Record<string, unknown> | null)[]> {
  const found = new Map<string, Record<string, unknown>>();
  const waiting: Record<string, unknown>[] = [
    ...new Map(keys.map(({ PK, SK }) => [nameOf({ PK, SK }), { PK, SK }])).values(),
  ];
  while (waiting.length > 0) {
    const RequestItems = { [table.name]: { Keys: waiting.splice(0, BATCH), ConsistentRead: true } };
    const answer = await table.client.send(new BatchGetCommand({ RequestItems }));
    for (const item of answer.Responses?.[table.name] ?? []) found.set(nameOf(item), item);
    // Large items do not all fit into one response.
    waiting.push(...(answer.UnprocessedKeys?.[table.name]?.Keys ?? []));
  }
  return keys.map((key) => found.get(nameOf(key)) ?? null);
}

/** The parsed item; null if it is absent or does not match its schema. */
export function readable<T extends z.ZodType>(schema: T, item: Record<string, unknown> | null): z.infer<T> | null {
  try {
    return item && parseItem(schema, item);
  } catch (error) {
    if (isUnreadable(error)) return null;
    throw error;
  }
}

/** A per-cluster item of each of these clusters that has a readable one. */
export async function readOfClusters<T extends z.ZodType>(
  table: Table,
  clusterIds: readonly string[],
  SK: string,
  schema: T,
): Promise<Map<string, z.infer<T>>> {
  const keys = clusterIds.map((id) => ({ PK: clusterKey(id), SK }));
  const items = await readMany(table, keys);
  const read = new Map<string, z.infer<T>>();
  for (const [i, id] of clusterIds.entries()) {
    const item = readable(schema, items[i] ?? null);
    if (item !== null) read.set(id, item);
  }
  return read;
}

const nameOf = ({ PK, SK }: { PK?: unknown; SK?: unknown }): string => JSON.stringify([PK, SK]);
