import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type * as z from 'zod';
import { ClusterConfig } from '../../../schemas/config.ts';
import { ConfigItem, FreezeItem } from '../../../schemas/items/cluster.ts';
import { readOfClusters } from './read-many.ts';
import { type Items, readTogether } from './read-together.ts';
import { clusterKey, parseItem, type Table } from './table.ts';

export const configKey = (clusterId: string) => ({ PK: clusterKey(clusterId), SK: 'CONFIG' });
export const freezeKeys = (clusterId: string) =>
  [clusterKey(clusterId), clusterKey('*')].map((PK) => ({ PK, SK: 'FREEZE' }));

/** Settings of a cluster. An unconfigured one gets all the defaults: learning, dry run on, no scheduler to act with. */
export async function loadConfig(table: Table, clusterId: string): Promise<ClusterConfig> {
  const answer = await table.client.send(new GetCommand({ TableName: table.name, Key: configKey(clusterId) }));
  return configFrom(() => answer.Item, clusterId);
}

/** One per cluster: settings are read for every job and seldom change. */
const lastParsed = new Map<string, { readonly text: string; readonly config: ClusterConfig }>();

/** The same, from items read together. An unchanged item is not parsed again. */
export function configFrom(items: Items, clusterId: string): ClusterConfig {
  const item = items(configKey(clusterId));
  if (!item) return ClusterConfig.parse({ clusterId });
  const text = JSON.stringify(item);
  const known = lastParsed.get(clusterId);
  if (known?.text === text) return known.config;
  const { config } = parseItem(ConfigItem, item);
  lastParsed.set(clusterId, { text, config });
  return config;
}

/** The freeze of a cluster, or else the one of all clusters. */
type InForce = z.infer<typeof FreezeItem> & { all: boolean };

/** Whether an operator froze this cluster or all clusters. Read consistently: a freeze stops the very next effect. */
export async function loadFreeze(table: Table, clusterId: string): Promise<InForce | null> {
  return freezeFrom(await readTogether(table, freezeKeys(clusterId)), clusterId);
}

/** The same, from items read together. */
export function freezeFrom(items: Items, clusterId: string): InForce | null {
  const item = freezeKeys(clusterId)
    .map(items)
    .find((one) => one !== undefined);
  return item ? { ...parseItem(FreezeItem, item), all: item.PK === clusterKey('*') } : null;
}

/** Configuration of each of these clusters that has a readable one. */
export async function loadConfigs(table: Table, ids: readonly string[]): Promise<ReadonlyMap<string, ClusterConfig>> {
  const items = await readOfClusters(table, ids, 'CONFIG', ConfigItem);
  return new Map([...items].map(([id, { config }]) => [id, config]));
}
