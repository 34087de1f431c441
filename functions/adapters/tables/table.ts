import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand, UpdateCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import type * as z from 'zod';
import { LAYOUT } from '../../../schemas/layout.ts';
import { OtherLayout, UnreadableItem } from '../../application/unreadable.ts';
import { command } from '../../domain/command.ts';
import { type Round, roundKey } from '../../domain/round.ts';
import { clientSettings } from '../aws/client.ts';
import { storable } from './numbers.ts';

/** Undefined attributes are left out, and numbers are rounded to what the table can hold, or refused. */
export function documentClient(raw: DynamoDBClient): DynamoDBDocumentClient {
  const documents = DynamoDBDocumentClient.from(raw, { marshallOptions: { removeUndefinedValues: true } });
  documents.middlewareStack.add((next) => (args) => next({ ...args, input: Object.assign({}, storable(args.input)) }), {
    step: 'initialize',
    name: 'storableNumbers',
    override: true,
  });
  return documents;
}

/** One client for the life of the process; endpoint and credentials come from the environment. */
const client = documentClient(new DynamoDBClient(clientSettings()));

/** The single table, bound to its name. Stores take it as their first argument, so that a test can pass another. */
export interface Table {
  client: DynamoDBDocumentClient;
  name: string;
}

export function table(name: string): Table {
  return { client, name };
}

export const clusterKey = (clusterId: string) => `CLUSTER#${clusterId}`;
export const jobKey = (round: Round) => rowKey(round.clusterId, roundKey(round));
/** The same by the key of the round, as used in the index of unfolded rows and in reservations. */
export const rowKey = (clusterId: string, round: string) => ({ PK: clusterKey(clusterId), SK: `JOB#${round}` });

/**
 * Parses an item from the table.
 * @throws OtherLayout, UnreadableItem naming the fields, not their values
 */
export function parseItem<T extends z.ZodType>(schema: T, item: Record<string, unknown>): z.infer<T> {
  if (item.v !== LAYOUT && 'PK' in item) throw new OtherLayout(otherLayout(item));
  const parsed = schema.safeParse(item);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  throw new UnreadableItem(`${String(item.PK)} ${String(item.SK)}: ${fields}`.slice(0, 1_000));
}

function otherLayout({ PK, SK, v }: Record<string, unknown>): string {
  const anew = `start anew with an empty table, on one machine with ${command('start --fresh')} or another --data folder`;
  return `${String(PK)} ${String(SK)} is of layout ${String(v ?? 'none')}, and this version reads layout ${LAYOUT}: ${anew}`;
}

type Conditions = Pick<
  UpdateCommandInput,
  'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
>;

/** Puts a whole item, with its layout. Every new item is written by this or by `upsertItem`. */
export async function putItem<T extends { PK: string; SK: string }>(
  { client, name }: Table,
  item: T,
  conditions: Conditions = {},
): Promise<T & { v: typeof LAYOUT }> {
  const Item = { ...item, v: LAYOUT };
  await client.send(new PutCommand({ TableName: name, Item, ...conditions }));
  return Item;
}

/**
 * Updates an item that may not exist yet, with its layout.
 * @returns its attributes as requested by `ReturnValues`
 */
export async function upsertItem(
  { client, name }: Table,
  Key: { PK: string; SK: string },
  { UpdateExpression = '', ExpressionAttributeValues, ...update }: Omit<UpdateCommandInput, 'TableName' | 'Key'>,
): Promise<Record<string, unknown>> {
  const withLayout = /\bSET /.test(UpdateExpression)
    ? UpdateExpression.replace(/\bSET /, 'SET v = :v, ')
    : `SET v = :v ${UpdateExpression}`;
  const answer = await client.send(
    new UpdateCommand({
      TableName: name,
      Key,
      UpdateExpression: withLayout,
      ...update,
      ExpressionAttributeValues: { ...ExpressionAttributeValues, ':v': LAYOUT },
    }),
  );
  return answer.Attributes ?? {};
}

/** The condition of a write did not hold: another writer was first. */
export function lostTheRace(error: unknown): error is ConditionalCheckFailedException {
  return error instanceof ConditionalCheckFailedException;
}

/** True if the write took place, false if its condition did not hold. */
export async function conditionally(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (lostTheRace(error)) return false;
    throw error;
  }
}
