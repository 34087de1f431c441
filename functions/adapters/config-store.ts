import { BatchGetCommand, GetCommand } from '@aws-sdk/lib-dynamodb';
import { ClusterConfig } from '../../schemas/config.ts';
import { ConfigItem, FreezeItem } from '../../schemas/items/cluster.ts';
import type { Platform } from '../../schemas/primitives.ts';
import { clusterKey, parseItem, type Table, UnreadableItem } from './table.ts';

/**
 * Settings of a cluster. One that nobody configured gets all the defaults: learning, dry run on, nothing to act with.
 * @param platform as the event says; used only for an unknown cluster
 */
export async function loadConfig(table: Table, clusterId: string, platform: Platform): Promise<ClusterConfig> {
  const answer = await table.client.send(
    new GetCommand({ TableName: table.name, Key: { PK: clusterKey(clusterId), SK: 'CONFIG' } }),
  );
  if (!answer.Item) return ClusterConfig.parse({ clusterId, platform });
  return parseItem(ConfigItem, answer.Item).config;
}

/** Whether an operator froze this cluster, or all of them. Read consistently: a freeze stops the next effect. */
export async function loadFreeze(table: Table, clusterId: string): Promise<{ by: string; reason: string } | null> {
  const Keys = [clusterKey(clusterId), clusterKey('*')].map((PK) => ({ PK, SK: 'FREEZE' }));
  const answer = await table.client.send(
    new BatchGetCommand({ RequestItems: { [table.name]: { Keys, ConsistentRead: true } } }),
  );
  // A freeze that could not be read may be there.
  if (Object.keys(answer.UnprocessedKeys ?? {}).length > 0) throw new UnreadableItem('FREEZE could not be read');
  const item = answer.Responses?.[table.name]?.[0];
  return item ? parseItem(FreezeItem, item) : null;
}
