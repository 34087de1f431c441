import { GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { CollectorName } from '../../../schemas/primitives.ts';
import type { NewClusterStore } from '../../application/decisions/admit-cluster.ts';
import { NEW_CLUSTERS_PER_DAY } from '../../domain/thresholds.ts';
import { bind } from './bind.ts';
import { calibrationKey } from './calibration.ts';
import { configKey } from './config.ts';
import { clusterKey, conditionally, type Table, upsertItem } from './table.ts';

/** Settings of every handler of collectors' events: its table, and how many new clusters a day may bring. */
export const CollectorEventSettings = {
  DYNAMODB_TABLE_NAME: z.string().min(1),
  NEW_CLUSTERS_PER_DAY: z.coerce.number().int().min(0).default(NEW_CLUSTERS_PER_DAY),
};

export const newClusterStore = (table: Table): NewClusterStore => bind(table, { knownCluster, takeNewClusterPlace });

const DAY_SECONDS = 86_400;

const Bound = z.object({ config: z.object({ collector: CollectorName.optional() }).optional() });

async function knownCluster(table: Table, clusterId: string): Promise<{ collector?: string | undefined } | null> {
  // Most clusters are configured; that item is the small one.
  for (const Key of [configKey(clusterId), calibrationKey(clusterId)]) {
    const found = await table.client.send(
      new GetCommand({
        TableName: table.name,
        Key,
        ProjectionExpression: 'PK, config.collector',
        ConsistentRead: true,
      }),
    );
    if (found.Item !== undefined) return { collector: Bound.parse(found.Item).config?.collector };
  }
  return null;
}

async function takeNewClusterPlace(table: Table, clusterId: string, perDay: number, now: Date): Promise<boolean> {
  const day = Math.floor(now.getTime() / 1000 / DAY_SECONDS);
  return conditionally(
    upsertItem(
      table,
      { PK: clusterKey('*'), SK: `LIMIT#NEW#${day}` },
      {
        UpdateExpression: 'SET #ttl = :ttl ADD #clusters :ids',
        ConditionExpression: 'contains(#clusters, :id) OR attribute_not_exists(#clusters) OR size(#clusters) < :most',
        ExpressionAttributeNames: { '#ttl': 'ttl', '#clusters': 'clusters' },
        ExpressionAttributeValues: {
          ':ids': new Set([clusterId]),
          ':id': clusterId,
          ':most': perDay,
          ':ttl': (day + 2) * DAY_SECONDS,
        },
      },
    ),
  );
}
