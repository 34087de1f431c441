import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { calibrationKey } from './calibration.ts';
import { conditionally, type Table } from './table.ts';

/** A cluster that stays broken is reported again the next day, when somebody else is on call. */
const REMIND_MS = 86_400_000;

/**
 * Lets one run report that a cluster could not be visited, once per kind of problem and day. Works on an unreadable item,
 * since it does not touch the broken attributes.
 * @returns false if it was already reported
 */
export async function claimTrouble(table: Table, clusterId: string, error: string, now: Date): Promise<boolean> {
  const unreported =
    'attribute_not_exists(visit_error) OR visit_error <> :error OR visit_error_reported_at < :yesterday';
  return conditionally(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: calibrationKey(clusterId),
        UpdateExpression: 'SET visit_error = :error, visit_error_reported_at = :now',
        ConditionExpression: `attribute_exists(PK) AND (${unreported})`,
        ExpressionAttributeValues: {
          ':error': error,
          ':now': now.toISOString(),
          ':yesterday': new Date(now.getTime() - REMIND_MS).toISOString(),
        },
      }),
    ),
  );
}

/** Clears the report after a successful visit, or if it could not be sent, so that the next run sends it. */
export async function forgetTrouble(table: Table, clusterId: string): Promise<void> {
  await conditionally(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: calibrationKey(clusterId),
        UpdateExpression: 'REMOVE visit_error, visit_error_reported_at',
        ConditionExpression: 'attribute_exists(PK)',
      }),
    ),
  );
}
