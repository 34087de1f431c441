import * as z from 'zod';
import { lostTheRace, type Table, upsertItem } from './table.ts';

const TWO_HOURS = 7_200;
const Counted = z.object({ looks: z.number().int() });

/**
 * Counts one look of a person at the details of an approval in this hour (UTC).
 * @returns which look it is; null for one beyond `most`, which is not counted
 */
export async function countLook(
  table: Table,
  approvalId: string,
  { who, most }: { who: string; most: number },
  now: Date,
): Promise<number | null> {
  const Key = { PK: `APPROVAL#${approvalId}`, SK: `LOOKS#${now.toISOString().slice(0, 13)}#${who}` };
  try {
    const counted = await upsertItem(table, Key, {
      UpdateExpression: 'SET #ttl = :ttl ADD looks :one',
      ConditionExpression: 'attribute_not_exists(looks) OR looks < :most',
      ExpressionAttributeNames: { '#ttl': 'ttl' },
      ExpressionAttributeValues: { ':one': 1, ':most': most, ':ttl': Math.floor(now.getTime() / 1000) + TWO_HOURS },
      ReturnValues: 'UPDATED_NEW',
    });
    return Counted.parse(counted).looks;
  } catch (error) {
    if (lostTheRace(error)) return null;
    throw error;
  }
}
