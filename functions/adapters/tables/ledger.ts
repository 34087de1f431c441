import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { LedgerItem } from '../../../schemas/items/ledger.ts';
import { LedgerIncomplete, UnreadableItem } from '../../application/unreadable.ts';
import type { Batch } from '../../domain/next-batch.ts';
import { query } from './query.ts';
import { clusterKey, lostTheRace, parseItem, putItem, type Table } from './table.ts';

/** Ten digits, so that keys sort in the order of the batches. */
const ledgerKey = (clusterId: string, version: number) => ({
  PK: clusterKey(clusterId),
  SK: `LEDGER#${String(version).padStart(10, '0')}`,
});

/**
 * Writes a batch unless this version already has one; a written batch never changes.
 * @returns the stored batch: ours, or the one written before us
 */
export async function putBatch(table: Table, clusterId: string, batch: Batch): Promise<LedgerItem> {
  const item = { ...ledgerKey(clusterId, batch.version), ...batch };
  try {
    return await putItem(table, item, { ConditionExpression: 'attribute_not_exists(PK)' });
  } catch (error) {
    if (!lostTheRace(error)) throw error;
    return loadBatch(table, clusterId, batch.version);
  }
}

/** @throws UnreadableItem if the batch is missing or does not match its schema: without it the state cannot be trusted */
export async function loadBatch(table: Table, clusterId: string, version: number): Promise<LedgerItem> {
  const batch = await findBatch(table, clusterId, version);
  if (!batch) throw new UnreadableItem(`the ledger of ${clusterId} has no batch ${version}`);
  return batch;
}

/** The batch of a version, or null if it is not written yet. @throws UnreadableItem */
export async function findBatch(table: Table, clusterId: string, version: number): Promise<LedgerItem | null> {
  const Key = ledgerKey(clusterId, version);
  const answer = await table.client.send(new GetCommand({ TableName: table.name, Key, ConsistentRead: true }));
  return answer.Item ? parseItem(LedgerItem, answer.Item) : null;
}

/**
 * All batches of a cluster in fold order, page by page.
 * @throws LedgerIncomplete at the end of the ledger, naming every batch that is missing; none is yielded after the first gap
 */
export async function* readLedger(table: Table, clusterId: string): AsyncGenerator<LedgerItem> {
  const holes: [number, number][] = [];
  let next = 0;
  for await (const batch of batches(table, clusterId, LAST_VERSION, true)) {
    if (batch.version > next) holes.push([next, batch.version - 1]);
    next = batch.version + 1;
    if (holes.length === 0) yield batch;
  }
  if (holes.length > 0) throw new LedgerIncomplete(clusterId, holes);
}

/**
 * The batches up to a version, or up to the last, newest first: stop when you have read enough.
 * @throws LedgerIncomplete where a batch is missing
 */
export async function* readLedgerBackwards(
  table: Table,
  clusterId: string,
  version: number,
): AsyncGenerator<LedgerItem> {
  let next = version > LAST_VERSION ? null : version;
  for await (const batch of batches(table, clusterId, Math.min(version, LAST_VERSION), false)) {
    if (next !== null && batch.version < next) throw new LedgerIncomplete(clusterId, [[batch.version + 1, next]]);
    next = batch.version - 1;
    yield batch;
  }
  if (next !== null && next >= 0) throw new LedgerIncomplete(clusterId, [[0, next]]);
}

/** Of ten digits. */
const LAST_VERSION = 9_999_999_999;
/** A backward read needs only the newest few; a full DynamoDB page would hold thousands of batches. */
const BACKWARDS_PAGE = 100;

async function* batches(
  table: Table,
  clusterId: string,
  version: number,
  forward: boolean,
): AsyncGenerator<LedgerItem> {
  const found = query(table, {
    KeyConditionExpression: 'PK = :pk AND SK BETWEEN :birth AND :last',
    ExpressionAttributeValues: {
      ':pk': clusterKey(clusterId),
      ':birth': ledgerKey(clusterId, 0).SK,
      ':last': ledgerKey(clusterId, version).SK,
    },
    ScanIndexForward: forward,
    ConsistentRead: true,
    ...(!forward && { Limit: BACKWARDS_PAGE }),
  });
  for await (const item of found) yield parseItem(LedgerItem, item);
}
