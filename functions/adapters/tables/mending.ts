/** Reads items as stored and repairs them, for a calibration or forecast that its own schema may refuse. */
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Stored } from '../../application/outcomes/ports.ts';
import { calibrationKey } from './calibration.ts';
import { forecastKey } from './forecast.ts';
import { conditionally, type Table, upsertItem } from './table.ts';

export function storedCalibration(table: Table, clusterId: string): Promise<Stored | undefined> {
  return storedItem(table, calibrationKey(clusterId));
}

export function storedForecast(table: Table, clusterId: string): Promise<Stored | undefined> {
  return storedItem(table, forecastKey(clusterId));
}

async function storedItem(table: Table, Key: { PK: string; SK: string }): Promise<Stored | undefined> {
  const answer = await table.client.send(new GetCommand({ TableName: table.name, Key, ConsistentRead: true }));
  return answer.Item;
}

/**
 * Writes the attributes of a repaired calibration, and lists the cluster.
 * @param unchanged attributes that must still be as they were read
 * @returns false if one of them has changed
 */
export async function mendCalibration(
  table: Table,
  clusterId: string,
  mended: Stored,
  read: Stored | undefined,
  unchanged: readonly string[],
): Promise<boolean> {
  const whole = { listing: 'CLUSTERS', listing_key: clusterId, cluster_id: clusterId, ...mended };
  const names = Object.keys(whole);
  const item = read ?? {};
  const conditions = unchanged.map((name) =>
    item[name] === undefined ? `attribute_not_exists(#${name})` : `#${name} = :stored_${name}`,
  );
  return conditionally(
    upsertItem(table, calibrationKey(clusterId), {
      UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
      ConditionExpression: conditions.join(' AND '),
      ExpressionAttributeNames: Object.fromEntries([...names, ...unchanged].map((name) => [`#${name}`, name])),
      ExpressionAttributeValues: {
        ...Object.fromEntries(Object.entries(whole).map(([name, value]) => [`:${name}`, value])),
        ...Object.fromEntries(unchanged.filter((name) => name in item).map((name) => [`:stored_${name}`, item[name]])),
      },
    }),
  );
}
