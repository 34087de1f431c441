import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { ApprovalItem } from '../../../schemas/items/approval.ts';
import { lostTheRace, parseItem, type Table } from './table.ts';

export const approvalKey = (id: string) => ({ PK: `APPROVAL#${id}`, SK: 'APPROVAL' });

/** The approval as it stands, or null. */
export async function loadApproval(table: Table, id: string): Promise<ApprovalItem | null> {
  const answer = await table.client.send(
    new GetCommand({ TableName: table.name, Key: approvalKey(id), ConsistentRead: true }),
  );
  return answer.Item ? parseItem(ApprovalItem, answer.Item) : null;
}

/** Updates one approval under a condition. @returns the approval afterwards */
export async function update(
  table: Table,
  id: string,
  expression: { update: string; condition: string; names?: Record<string, string>; values: Record<string, unknown> },
): Promise<ApprovalItem> {
  const answer = await table.client.send(
    new UpdateCommand({
      TableName: table.name,
      Key: approvalKey(id),
      UpdateExpression: expression.update,
      ConditionExpression: expression.condition,
      ExpressionAttributeNames: expression.names,
      ExpressionAttributeValues: expression.values,
      ReturnValues: 'ALL_NEW',
    }),
  );
  return parseItem(ApprovalItem, answer.Attributes ?? {});
}

/** Like `update`, but null if the condition did not hold. */
export function tryUpdate(...args: Parameters<typeof update>): Promise<ApprovalItem | null> {
  return update(...args).catch((error: unknown) => {
    if (lostTheRace(error)) return null;
    throw error;
  });
}
