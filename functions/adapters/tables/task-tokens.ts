import { DeleteCommand, GetCommand } from '@aws-sdk/lib-dynamodb';
import { TokenItem } from '../../../schemas/items/approval.ts';
import { conditionally, parseItem, putItem, type Table } from './table.ts';

/** A token outlives its approval by a day, for the sweeper; then it is useless and expires. */
const GRACE_SECONDS = 86_400;

const tokenKey = (approvalId: string) => ({ PK: `TOKEN#${approvalId}`, SK: 'TOKEN' as const });

/** Stores the credential of the newest question, replacing an older one. Write-only: request-approval cannot read it. */
export async function storeToken(
  table: Table,
  id: string,
  { token, ttlSeconds }: { token: string; ttlSeconds: number },
  now: Date,
): Promise<void> {
  const ttl = Math.ceil(now.getTime() / 1000) + ttlSeconds + GRACE_SECONDS;
  await putItem(table, { ...tokenKey(id), token, stored_at: now.toISOString(), ttl });
}

/** The credential that resumes the execution, or null once used. Only the webhook, the sweeper and ingest-outcome may call this. */
export async function loadToken(table: Table, id: string): Promise<string | null> {
  const answer = await table.client.send(
    new GetCommand({ TableName: table.name, Key: tokenKey(id), ConsistentRead: true }),
  );
  return answer.Item ? parseItem(TokenItem, answer.Item).token : null;
}

/** Removes a used token. False if a retried question has replaced it meanwhile: that one still needs its answer. */
export async function deleteToken(table: Table, id: string, used: string): Promise<boolean> {
  return conditionally(
    table.client.send(
      new DeleteCommand({
        TableName: table.name,
        Key: tokenKey(id),
        ConditionExpression: 'attribute_not_exists(PK) OR #token = :used',
        ExpressionAttributeNames: { '#token': 'token' },
        ExpressionAttributeValues: { ':used': used },
      }),
    ),
  );
}
