import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type * as z from 'zod';
import { clientSettings, withoutConnection } from './aws-client.ts';

/** One client for the life of the process; the endpoint and credentials come from the environment. */
const client = DynamoDBDocumentClient.from(withoutConnection(new DynamoDBClient(clientSettings())), {
  marshallOptions: { removeUndefinedValues: true },
});

/** The single table, bound to its name. Stores take it as their first argument, so that a test can hand in another. */
export interface Table {
  client: DynamoDBDocumentClient;
  name: string;
}

export function table(name: string): Table {
  return { client, name };
}

export const clusterKey = (clusterId: string) => `CLUSTER#${clusterId}`;
export const jobKey = (clusterId: string, jobId: string) => ({ PK: clusterKey(clusterId), SK: `JOB#${jobId}` });

/** A stored item is not of its schema. Nothing is decided on it. */
export class UnreadableItem extends Error {
  override name = 'UnreadableItem' as const;
}

/**
 * Parses an item as it came from the table.
 * @throws UnreadableItem naming the fields, not their values
 */
export function parseItem<T extends z.ZodType>(schema: T, item: Record<string, unknown>): z.infer<T> {
  const parsed = schema.safeParse(item);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  throw new UnreadableItem(`${String(item.PK)} ${String(item.SK)}: ${fields}`.slice(0, 1_000));
}

/** The condition of a conditional write did not hold: somebody else was first. */
export function lostTheRace(error: unknown): error is ConditionalCheckFailedException {
  return error instanceof ConditionalCheckFailedException;
}

/** True when the write took place, false when its condition did not hold. */
export async function conditionally(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (lostTheRace(error)) return false;
    throw error;
  }
}
