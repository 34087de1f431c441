import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { ExplanationItem } from '../../../schemas/items/explanation.ts';
import { conditionally, parseItem, putItem, type Table, upsertItem } from './table.ts';

const DAY_SECONDS = 86_400;
/** After that the same facts seldom recur. */
const KEPT_DAYS = 30;

const textKey = (hash: string) => ({ PK: `EXPLANATION#${hash}`, SK: 'TEXT' as const });
const expiry = (now: Date, days: number) => Math.floor(now.getTime() / 1000) + days * DAY_SECONDS;

/** The stored explanation of the same facts, or null. */
export async function loadExplanation(table: Table, hash: string): Promise<string | null> {
  const answer = await table.client.send(new GetCommand({ TableName: table.name, Key: textKey(hash) }));
  return answer.Item ? parseItem(ExplanationItem, answer.Item).text : null;
}

/** Stores an accepted text under the hash of the facts it explains. */
export async function keepExplanation(
  table: Table,
  hash: string,
  { text, model, now }: { text: string; model: string; now: Date },
): Promise<void> {
  const item: Omit<ExplanationItem, 'v'> = {
    ...textKey(hash),
    text,
    model,
    written_at: now.toISOString(),
    ttl: expiry(now, KEPT_DAYS),
  };
  await putItem(table, item);
}

/**
 * Takes one call from the day's budget (UTC), before it is made: a failed call may cost money too.
 * @returns false if the day's budget is spent
 */
export function spendOne(table: Table, perDay: number, now: Date): Promise<boolean> {
  return conditionally(
    upsertItem(
      table,
      { PK: 'EXPLANATION#BUDGET', SK: `DAY#${now.toISOString().slice(0, 10)}` },
      {
        UpdateExpression: 'SET #ttl = :ttl ADD spent :one',
        ConditionExpression: ':perDay > :zero AND (attribute_not_exists(spent) OR spent < :perDay)',
        ExpressionAttributeNames: { '#ttl': 'ttl' },
        ExpressionAttributeValues: { ':one': 1, ':zero': 0, ':perDay': perDay, ':ttl': expiry(now, 3) },
      },
    ),
  );
}
