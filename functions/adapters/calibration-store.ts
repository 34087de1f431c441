import { GetCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { ClusterConfig } from '../../schemas/config.ts';
import { CalibrationItem } from '../../schemas/items/calibration.ts';
import type { Kind } from '../../schemas/primitives.ts';
import { birth } from '../domain/fold-batch.ts';
import { putBatch } from './ledger-store.ts';
import type { Items } from './read-together.ts';
import { clusterKey, conditionally, lostTheRace, parseItem, putItem, type Table, UnreadableItem } from './table.ts';

export const calibrationKey = (clusterId: string) => ({ PK: clusterKey(clusterId), SK: 'CALIBRATION' as const });
const inFlight = (kind: Kind) => `in_flight_${kind}` as const;

/** Reads the item consistently; null for a cluster nobody has seen. @throws UnreadableItem */
export async function loadCalibration(table: Table, clusterId: string): Promise<CalibrationItem | null> {
  const answer = await table.client.send(
    new GetCommand({ TableName: table.name, Key: calibrationKey(clusterId), ConsistentRead: true }),
  );
  return calibrationFrom(() => answer.Item, clusterId);
}

/** The same, from items that were read together. */
export function calibrationFrom(items: Items, clusterId: string): CalibrationItem | null {
  const item = items(calibrationKey(clusterId));
  return item ? parseItem(CalibrationItem, item) : null;
}

/**
 * Reads the item, and creates it in learning where it is absent.
 * Ledger batch 0 is written first: it keeps the budgets of the birth, so that the ledger alone rebuilds the state.
 */
export async function loadOrCreateCalibration(
  table: Table,
  config: ClusterConfig,
  now: Date,
): Promise<CalibrationItem> {
  return (await loadCalibration(table, config.clusterId)) ?? createCalibration(table, config, now);
}

/** Creates the item in learning, unless somebody was faster; gives the one that stands. */
export async function createCalibration(table: Table, config: ClusterConfig, now: Date): Promise<CalibrationItem> {
  const { clusterId, platform, budgets } = config;
  const batch = await putBatch(table, clusterId, { version: 0, folded_at: now.toISOString(), budgets, entries: [] });
  const item: Omit<CalibrationItem, 'v'> = {
    ...calibrationKey(clusterId),
    listing: 'CLUSTERS',
    listing_key: clusterId,
    cluster_id: clusterId,
    platform,
    version: 0,
    marked_version: 0,
    current_ece: null,
    last_known_good_ece: null,
    calibration_score: null,
    sample_count: 0,
    recalibration_needed: false,
    is_learning_mode: true,
    last_updated: batch.folded_at,
    ...birth(batch.budgets),
  };
  try {
    return await putItem(table, item, { ConditionExpression: 'attribute_not_exists(PK)' });
  } catch (error) {
    if (!lostTheRace(error)) throw error;
  }
  const stands = await loadCalibration(table, clusterId);
  if (!stands) throw new UnreadableItem(`the calibration of ${clusterId} was there and is gone`);
  return stands;
}

/**
 * Takes a place in flight for one job, before its decision is recorded. One conditional write on the item that the fold
 * settles, so no two executions can take the last place, and a retry of the same job takes no second one.
 * @returns false when tokens or places do not allow another; the decision is then escalated
 */
export async function reserve(table: Table, clusterId: string, kind: Kind, jobId: string): Promise<boolean> {
  const free = '#max >= :one AND (attribute_not_exists(#inFlight) OR size(#inFlight) < #max)';
  return conditionally(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: calibrationKey(clusterId),
        UpdateExpression: 'ADD #inFlight :ids',
        ConditionExpression: `contains(#inFlight, :id) OR (${free})`,
        ExpressionAttributeNames: { '#inFlight': inFlight(kind), '#max': `max_${kind}` },
        ExpressionAttributeValues: { ':ids': new Set([jobId]), ':id': jobId, ':one': 1 },
      }),
    ),
  );
}

/** Gives places back, of both kinds. For jobs whose recorded decision does not need them; the fold settles the others. */
export async function release(table: Table, clusterId: string, jobIds: string[]): Promise<void> {
  if (jobIds.length === 0) return;
  await conditionally(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: calibrationKey(clusterId),
        UpdateExpression: 'DELETE in_flight_statement :ids, in_flight_intervention :ids',
        ConditionExpression: 'attribute_exists(PK)',
        ExpressionAttributeValues: { ':ids': new Set(jobIds) },
      }),
    ),
  );
}

/** What the fold of one batch changes on the item; the names are the item's. */
type Folded = Pick<
  CalibrationItem,
  | 'state'
  | 'max_statement'
  | 'max_intervention'
  | 'current_ece'
  | 'last_known_good_ece'
  | 'calibration_score'
  | 'sample_count'
  | 'recalibration_needed'
  | 'is_learning_mode'
  | 'last_updated'
>;

/**
 * Compare-and-set of the fold: new state, operators' numbers and settled reservations in one write.
 * @param version the version the batch was applied to; the item becomes version + 1
 * @returns false when somebody folded first
 */
export async function saveFold(
  table: Table,
  clusterId: string,
  version: number,
  folded: Folded,
  settled: string[],
): Promise<boolean> {
  const attributes = Object.entries({ ...folded, version: version + 1 });
  // A set may not be empty: a change of epoch settles nobody.
  const release = settled.length > 0 ? ' DELETE in_flight_statement :settled, in_flight_intervention :settled' : '';
  return conditionally(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: calibrationKey(clusterId),
        UpdateExpression: `SET ${attributes.map(([name]) => `#${name} = :${name}`).join(', ')}${release}`,
        ConditionExpression: '#version = :expected',
        ExpressionAttributeNames: Object.fromEntries(attributes.map(([name]) => [`#${name}`, name])),
        ExpressionAttributeValues: {
          ...Object.fromEntries(attributes.map(([name, value]) => [`:${name}`, value])),
          ...(release && { ':settled': new Set(settled) }),
          ':expected': version,
        },
      }),
    ),
  );
}

/** Notes that every row of the newest batch is marked. Harmless when a newer batch has been folded meanwhile. */
export async function saveMarked(table: Table, clusterId: string, version: number): Promise<void> {
  await conditionally(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: calibrationKey(clusterId),
        UpdateExpression: 'SET marked_version = :version',
        ConditionExpression: 'version = :version',
        ExpressionAttributeValues: { ':version': version },
      }),
    ),
  );
}

/** Ids of all clusters that have a calibration, in order. */
export async function listClusters(table: Table): Promise<string[]> {
  const ids: string[] = [];
  let start: Record<string, unknown> | undefined;
  do {
    const page = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        IndexName: 'listing',
        KeyConditionExpression: 'listing = :clusters',
        ExpressionAttributeValues: { ':clusters': 'CLUSTERS' },
        ...(start && { ExclusiveStartKey: start }),
      }),
    );
    for (const item of page.Items ?? []) ids.push(String(item.listing_key));
    start = page.LastEvaluatedKey;
  } while (start);
  return ids;
}
