import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { RefitItem, type RefitStatus } from '../../../schemas/items/refit.ts';
import type { Refit } from '../../application/recalibration/ports.ts';
import { query } from './query.ts';
import { readable } from './read-many.ts';
import { clusterKey, lostTheRace, parseItem, putItem, type Table } from './table.ts';

const refitKey = (clusterId: string, epoch: number) => ({ PK: clusterKey(clusterId), SK: `REFIT#${epoch}` });

/** The refit of an epoch; for the epoch after the active one, the newest rejected attempt. @throws UnreadableItem */
export async function loadRefit(table: Table, clusterId: string, epoch: number): Promise<RefitItem | null> {
  const answer = await table.client.send(
    new GetCommand({ TableName: table.name, Key: refitKey(clusterId, epoch), ConsistentRead: true }),
  );
  return answer.Item ? parseItem(RefitItem, answer.Item) : null;
}

/** Every refit of a cluster, by epoch. */
export async function listRefits(table: Table, clusterId: string): Promise<RefitItem[]> {
  const refits: RefitItem[] = [];
  const found = query(table, {
    KeyConditionExpression: 'PK = :pk AND begins_with(SK, :refit)',
    ExpressionAttributeValues: { ':pk': clusterKey(clusterId), ':refit': 'REFIT#' },
    ConsistentRead: true,
  });
  for await (const item of found) refits.push(parseItem(RefitItem, item));
  return refits.sort((a, b) => a.epoch - b.epoch);
}

/**
 * Stores a refit with its proof. Replaces a rejected attempt, or itself if a retry writes it again, but never one that is
 * or was active.
 */
export async function saveRefit(table: Table, clusterId: string, refit: Refit): Promise<void> {
  const own = refit.status === 'rejected' ? '' : ' OR (#by = :by AND #status = :status)';
  await unlessOvertaken(
    putItem(
      table,
      { ...refitKey(clusterId, refit.epoch), ...refit },
      {
        ConditionExpression: `attribute_not_exists(PK) OR #status = :rejected${own}`,
        ExpressionAttributeNames: { '#status': 'status', ...(own && { '#by': 'by' }) },
        ExpressionAttributeValues: {
          ':rejected': 'rejected',
          ...(own && { ':by': refit.by, ':status': refit.status }),
        },
      },
    ),
  );
}

/** Records how a promoted refit is doing. A rolled-back one stays rolled back. */
export async function saveLook(
  table: Table,
  clusterId: string,
  epoch: number,
  { status, watched }: { status: RefitStatus; watched?: RefitItem['watched'] },
): Promise<void> {
  await unlessOvertaken(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: refitKey(clusterId, epoch),
        UpdateExpression: `SET #status = :status${watched ? ', watched = :watched' : ''}`,
        ConditionExpression: 'attribute_exists(PK) AND NOT #status IN (:rolledBack, :rejected)',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: {
          ':status': status,
          ':rolledBack': 'rolledBack',
          ':rejected': 'rejected',
          ...(watched && { ':watched': watched }),
        },
      }),
    ),
  );
}

async function unlessOvertaken(write: Promise<unknown>): Promise<void> {
  await write.catch((error: unknown) => {
    if (!lostTheRace(error)) throw error;
  });
}

/** The readable refits of a cluster, whatever their state, newest first. */
export async function readableRefits(table: Table, clusterId: string): Promise<RefitItem[]> {
  const refits: RefitItem[] = [];
  const found = query(table, {
    KeyConditionExpression: 'PK = :pk AND begins_with(SK, :refit)',
    ExpressionAttributeValues: { ':pk': clusterKey(clusterId), ':refit': 'REFIT#' },
    ConsistentRead: true,
  });
  for await (const item of found) {
    const refit = readable(RefitItem, item);
    if (refit !== null) refits.push(refit);
  }
  return refits.sort((a, b) => b.epoch - a.epoch);
}
