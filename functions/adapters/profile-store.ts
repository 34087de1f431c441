import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { ProfileItem } from '../../schemas/items/cluster.ts';
import type { Profile } from '../domain/profile.ts';
import { clusterKey, parseItem, type Table } from './table.ts';

export async function loadProfile(table: Table, clusterId: string): Promise<Profile | null> {
  const answer = await table.client.send(
    new GetCommand({ TableName: table.name, Key: { PK: clusterKey(clusterId), SK: 'PROFILE' } }),
  );
  return answer.Item ? parseItem(ProfileItem, answer.Item) : null;
}

/** Last writer wins: two observations of the same moment are worth one. */
export async function saveProfile(table: Table, clusterId: string, profile: Profile): Promise<void> {
  await table.client.send(
    new PutCommand({ TableName: table.name, Item: { PK: clusterKey(clusterId), SK: 'PROFILE', ...profile } }),
  );
}
