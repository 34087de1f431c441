import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type * as z from 'zod';
import { FreezeItem } from '../../schemas/items/cluster.ts';
import { clusterKey, parseItem, type Table } from './table.ts';

export type Frozen = z.infer<typeof FreezeItem>;

/** `*` is every cluster. */
const freezeKey = (clusterId: string) => ({ PK: clusterKey(clusterId), SK: 'FREEZE' as const });

/** Stops every effect on a cluster until it is lifted. A second freeze replaces who and why. */
export async function putFreeze(
  table: Table,
  clusterId: string,
  { by, reason, now }: { by: string; reason: string; now: Date },
): Promise<Frozen> {
  const item: Frozen = { ...freezeKey(clusterId), by, reason, at: now.toISOString() };
  await table.client.send(new PutCommand({ TableName: table.name, Item: item }));
  return item;
}

/** Lets effects happen again. @returns the freeze that was lifted, null when there was none */
export async function liftFreeze(table: Table, clusterId: string): Promise<Frozen | null> {
  const Key = freezeKey(clusterId);
  const answer = await table.client.send(new DeleteCommand({ TableName: table.name, Key, ReturnValues: 'ALL_OLD' }));
  return answer.Attributes ? parseItem(FreezeItem, answer.Attributes) : null;
}
