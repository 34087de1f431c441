import { GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { LedgerItem } from '../../schemas/items/ledger.ts';
import { clusterKey, lostTheRace, parseItem, type Table } from './table.ts';

/** What a batch says: the entries in fold order, and the budgets they were folded with. */
type Batch = Pick<LedgerItem, 'version' | 'folded_at' | 'budgets' | 'entries'>;

/** Ten digits, so that the order of the keys is the order of the batches. */
const ledgerKey = (clusterId: string, version: number) => ({
  PK: clusterKey(clusterId),
  SK: `LEDGER#${String(version).padStart(10, '0')}`,
});

/**
 * Writes a batch unless this version has one already; a batch never changes once written.
 * @returns the batch that stands: ours, or the one somebody wrote before us
 */
export async function putBatch(table: Table, clusterId: string, batch: Batch): Promise<LedgerItem> {
  const item: LedgerItem = { ...ledgerKey(clusterId, batch.version), ...batch };
  try {
    await table.client.send(
      new PutCommand({ TableName: table.name, Item: item, ConditionExpression: 'attribute_not_exists(PK)' }),
    );
    return item;
  } catch (error) {
    if (!lostTheRace(error)) throw error;
    return loadBatch(table, clusterId, batch.version);
  }
}

/** @throws UnreadableItem when the batch is missing or not of its schema: the state cannot be trusted without it */
export async function loadBatch(table: Table, clusterId: string, version: number): Promise<LedgerItem> {
  const Key = ledgerKey(clusterId, version);
  const answer = await table.client.send(new GetCommand({ TableName: table.name, Key, ConsistentRead: true }));
  return parseItem(LedgerItem, answer.Item ?? Key);
}

/** All batches of a cluster in fold order, page by page. */
export async function* readLedger(table: Table, clusterId: string): AsyncGenerator<LedgerItem> {
  let start: Record<string, unknown> | undefined;
  do {
    const page = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        KeyConditionExpression: 'PK = :pk AND begins_with(SK, :ledger)',
        ExpressionAttributeValues: { ':pk': clusterKey(clusterId), ':ledger': 'LEDGER#' },
        ConsistentRead: true,
        ...(start && { ExclusiveStartKey: start }),
      }),
    );
    for (const item of page.Items ?? []) yield parseItem(LedgerItem, item);
    start = page.LastEvaluatedKey;
  } while (start);
}
