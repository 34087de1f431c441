import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { OpenDigestItem } from '../../schemas/items/approval.ts';
import { lostTheRace, parseItem, type Table, upsertItem } from './table.ts';

/** Behind all open approvals in their list, so that the sweeper also finds clusters where none is open any more. */
const LISTED = { ':list': 'APPROVALS#OPEN', ':key': '~digest' };
const LIST = 'listing = :list, listing_key = :key';

const digestKey = (clusterId: string) => ({ PK: `APPROVAL#OPEN@${clusterId}`, SK: 'DIGEST' });

/** Counts one more open approval of a cluster, and says how many there are and which card stands for them. */
export async function countOpen(table: Table, clusterId: string): Promise<OpenDigestItem> {
  return change(table, clusterId, {
    update: `ADD #open :one SET cluster_id = :cluster, ${LIST}`,
    values: { ':one': 1, ...LISTED },
  });
}

/** Corrects the count by what a sweep found. */
export async function correctOpen(table: Table, clusterId: string, open: number): Promise<OpenDigestItem> {
  return change(table, clusterId, {
    update: 'SET #open = :open, cluster_id = :cluster',
    values: { ':open': open },
  });
}

/** Notes which message is the digest card. Null when another was noted before. */
export async function recordDigest(
  table: Table,
  clusterId: string,
  { channel, ts }: { channel: string; ts: string },
): Promise<OpenDigestItem | null> {
  try {
    return await change(table, clusterId, {
      update: 'SET channel = :channel, ts = :ts, cluster_id = :cluster',
      condition: 'attribute_not_exists(ts)',
      values: { ':channel': channel, ':ts': ts },
    });
  } catch (error) {
    if (lostTheRace(error)) return null;
    throw error;
  }
}

/** Notes what the digest card says now. */
export async function markDigestShown(table: Table, clusterId: string, shown: string): Promise<void> {
  await change(table, clusterId, {
    update: 'SET shown = :shown, cluster_id = :cluster',
    values: { ':shown': shown },
  });
}

/** Nothing is open any more, and the digest card, if there was one, has said so: the next crowd gets a card of its own. */
export async function endDigest(table: Table, clusterId: string): Promise<void> {
  await change(table, clusterId, {
    update: 'SET cluster_id = :cluster REMOVE ts, channel, shown, listing, listing_key',
    values: {},
  });
}

/** Clusters with open approvals, or with a count or a card that still has to say that there are none. */
export async function countedClusters(table: Table): Promise<string[]> {
  const answer = await table.client.send(
    new QueryCommand({
      TableName: table.name,
      IndexName: 'listing',
      KeyConditionExpression: 'listing = :list AND listing_key = :key',
      ExpressionAttributeValues: LISTED,
    }),
  );
  return (answer.Items ?? []).map(({ PK }) => String(PK).slice(digestKey('').PK.length));
}

async function change(
  table: Table,
  clusterId: string,
  { update, condition, values }: { update: string; condition?: string; values: Record<string, unknown> },
): Promise<OpenDigestItem> {
  const digest = await upsertItem(table, digestKey(clusterId), {
    UpdateExpression: update,
    ...(condition && { ConditionExpression: condition }),
    ...(update.includes('#open') && { ExpressionAttributeNames: { '#open': 'open' } }),
    ExpressionAttributeValues: { ...values, ':cluster': clusterId },
    ReturnValues: 'ALL_NEW',
  });
  return parseItem(OpenDigestItem, { open: 0, ...digest });
}
