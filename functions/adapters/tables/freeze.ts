import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import type * as z from 'zod';
import type { AuditItem } from '../../../schemas/items/approval.ts';
import { FreezeItem } from '../../../schemas/items/cluster.ts';
import { readOfClusters } from './read-many.ts';
import { clusterKey, conditionally, parseItem, putItem, type Table } from './table.ts';

export type Frozen = z.infer<typeof FreezeItem>;

/** `*` means every cluster. */
const freezeKey = (clusterId: string) => ({ PK: clusterKey(clusterId), SK: 'FREEZE' as const });

/** Stops every effect on a cluster until the freeze is lifted. A second freeze replaces who and why. */
export async function putFreeze(
  table: Table,
  clusterId: string,
  { by, reason, now }: { by: string; reason: string; now: Date },
): Promise<Frozen> {
  const item = await putItem(table, { ...freezeKey(clusterId), by, reason, at: now.toISOString() });
  await auditFreeze(table, clusterId, { at: item.at, who: by, what: 'froze the cluster', why: reason });
  return item;
}

/**
 * Allows effects again.
 * @param at lifts only the freeze of that instant, and not a later one; absent for whichever is there
 * @returns the lifted freeze, null if it was not there
 */
export async function liftFreeze(
  table: Table,
  clusterId: string,
  { by, now, at }: { by: string; now: Date; at?: string | undefined },
): Promise<Frozen | null> {
  const Key = freezeKey(clusterId);
  const only = at !== undefined && {
    ConditionExpression: '#at = :at',
    ExpressionAttributeNames: { '#at': 'at' },
    ExpressionAttributeValues: { ':at': at },
  };
  let was: Record<string, unknown> | undefined;
  const deleted = table.client
    .send(new DeleteCommand({ TableName: table.name, Key, ReturnValues: 'ALL_OLD', ...only }))
    .then(({ Attributes }) => {
      was = Attributes;
    });
  if (!(await conditionally(deleted)) || was === undefined) return null;
  const lifted = parseItem(FreezeItem, was);
  await auditFreeze(table, clusterId, { at: now.toISOString(), who: by, what: 'unfroze the cluster' });
  return lifted;
}

/** Written after the freeze itself: in an emergency nobody may wait for the record of it. */
async function auditFreeze(
  table: Table,
  clusterId: string,
  fact: Pick<z.infer<typeof AuditItem>, 'at' | 'who' | 'what' | 'why'>,
): Promise<void> {
  const SK = `AUDIT#${fact.at}#${fact.what}#${fact.who}`;
  await putItem(table, { PK: clusterKey(clusterId), SK, ...fact, hash: null });
}

/** Freezes of these clusters, and of all clusters under `*`. */
export async function loadFreezes(table: Table, clusterIds: readonly string[]): Promise<Record<string, Frozen>> {
  return Object.fromEntries(await readOfClusters(table, [...clusterIds, '*'], 'FREEZE', FreezeItem));
}
