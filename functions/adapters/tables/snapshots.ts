import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { SnapshotItem } from '../../../schemas/items/forecast.ts';
import type { SnapshotLine } from '../../../schemas/items/ledger.ts';
import { instantOf, secondsOf } from '../../domain/round.ts';
import type { QueueSnapshot } from '../../domain/snapshot.ts';
import { GATE } from '../../domain/thresholds.ts';
import type { Items } from './read-together.ts';
import { clusterKey, conditionally, parseItem, putItem, type Table } from './table.ts';

export const snapshotKey = (clusterId: string) => ({ PK: clusterKey(clusterId), SK: 'SNAPSHOT' as const });

/**
 * Keeps the newest snapshot until a fold adds it to the ledger. One dated in the future by a clock since corrected is replaced.
 * @returns false if it is not newer than the last
 */
export async function keepSnapshot(
  table: Table,
  { clusterId, at, ...counts }: QueueSnapshot,
  now: Date,
): Promise<boolean> {
  const { pending, running, pendingGpus } = counts;
  const item = { ...snapshotKey(clusterId), at, pending, running, folded: false };
  return conditionally(
    putItem(table, pendingGpus === null ? item : { ...item, pending_gpus: pendingGpus }, {
      ConditionExpression: 'attribute_not_exists(PK) OR #at < :at OR #at > :ahead',
      ExpressionAttributeNames: { '#at': 'at' },
      ExpressionAttributeValues: {
        ':at': at,
        ':ahead': new Date(now.getTime() + GATE.aheadSeconds * 1000).toISOString(),
      },
    }),
  );
}

/**
 * The waiting snapshot as a ledger line; null if there is none, or it is so old that the events since say more.
 * @throws UnreadableItem, OtherLayout
 */
export function snapshotFrom(items: Items, clusterId: string, now: Date): SnapshotLine | null {
  const item = items(snapshotKey(clusterId));
  if (item === undefined) return null;
  const { at, pending, running, pending_gpus: pendingGpus, folded } = parseItem(SnapshotItem, item);
  const age = now.getTime() / 1000 - secondsOf(at);
  if (folded || age < 0 || age > GATE.snapshotSeconds) return null;
  return { kind: 'snapshot', at: secondsOf(at), pending, running, pendingGpus: pendingGpus ?? null };
}

/** Marks the snapshot as in the ledger. A newer one that arrived meanwhile still waits. */
export async function markSnapshot(table: Table, clusterId: string, { at }: Pick<SnapshotLine, 'at'>): Promise<void> {
  await conditionally(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: snapshotKey(clusterId),
        UpdateExpression: 'SET folded = :yes',
        ConditionExpression: '#at = :at',
        ExpressionAttributeNames: { '#at': 'at' },
        ExpressionAttributeValues: { ':at': instantOf(at), ':yes': true },
      }),
    ),
  );
}
