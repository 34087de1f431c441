import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { ProfileItem } from '../../schemas/items/cluster.ts';
import { medianWait, type Profile } from '../domain/profile.ts';
import { readLedgerBackwards } from './ledger-store.ts';
import { clusterKey, parseItem, type Table } from './table.ts';

/** Newest settled jobs that tell the typical wait. */
const WAITS = 100;

export async function loadProfile(table: Table, clusterId: string): Promise<Profile | null> {
  const answer = await table.client.send(
    new GetCommand({ TableName: table.name, Key: { PK: clusterKey(clusterId), SK: 'PROFILE' } }),
  );
  return answer.Item ? parseItem(ProfileItem, answer.Item) : null;
}

/** Last writer wins: two observations of the same moment are worth one. */
export async function saveProfile(table: Table, clusterId: string, profile: Profile): Promise<void> {
  await table.client.send(
    new PutCommand({ TableName: table.name, Item: { ...profile, PK: clusterKey(clusterId), SK: 'PROFILE' } }),
  );
}

/** Median wait of the newest jobs in the ledger, in minutes; null while there are too few, or most have not started. */
export async function typicalWait(table: Table, clusterId: string): Promise<number | null> {
  const waits: (number | null)[] = [];
  for await (const { entries } of readLedgerBackwards(table, clusterId, Number.MAX_SAFE_INTEGER)) {
    // A job that was touched or censored does not tell how long one waits here.
    for (const { longWait, waitSeconds } of entries.toReversed()) if (longWait !== null) waits.push(waitSeconds);
    if (waits.length >= WAITS) break;
  }
  return medianWait(waits.slice(0, WAITS));
}
