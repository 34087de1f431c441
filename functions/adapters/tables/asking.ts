import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { ClusterConfig } from '../../../schemas/config.ts';
import { AskingItem } from '../../../schemas/items/asking.ts';
import {
  type AskPlaces,
  NO_QUESTIONS,
  whyNotAsk,
  withoutQuestion,
  withoutTrace,
  withQuestion,
} from '../../domain/asking.ts';
import { readOfClusters } from './read-many.ts';
import type { Items } from './read-together.ts';
import { clusterKey, lostTheRace, parseItem, putItem, type Table } from './table.ts';

export const askingKey = (clusterId: string) => ({ PK: clusterKey(clusterId), SK: 'ASKING' as const });

/** Each lost race means that another question was opened or closed. */
const RACES = 10;

/** Other executions kept changing the open questions. Retried by the caller's retry policy. */
export class AskingContended extends Error {
  override name = 'AskingContended' as const;
}

/** The open questions, from items read together. */
export function askPlacesFrom(items: Items, clusterId: string): AskPlaces {
  const item = items(askingKey(clusterId));
  return item ? parseItem(AskingItem, item) : NO_QUESTIONS;
}

/** The same for a caller that reads nothing else. */
export async function loadAskPlaces(table: Table, clusterId: string): Promise<AskPlaces> {
  return (await load(table, clusterId)) ?? NO_QUESTIONS;
}

/**
 * Reserves a place for one question, before its decision is recorded; the same question twice takes one place.
 *
 * @returns why there is no place; null if it is reserved
 * @throws AskingContended
 */
export async function takePlace(
  table: Table,
  clusterId: string,
  question: { id: string; tier: number; until: number },
  limits: ClusterConfig['asking'],
  now: Date,
): Promise<string | null> {
  let why: string | null = null;
  await change(table, clusterId, (places) => {
    why = whyNotAsk(places, question, limits, now.getTime());
    return why === null ? withQuestion(places, question, now.getTime()) : null;
  });
  return why;
}

/** Releases the place of a question that was answered, expired or became void. */
export async function freePlace(table: Table, clusterId: string, id: string, now: Date): Promise<void> {
  await change(table, clusterId, (places) =>
    places.open.some((question) => question.id === id) ? withoutQuestion(places, id, now.getTime()) : null,
  );
}

/** Releases the place of a question that was never recorded, and so never asked. */
export async function forgetPlace(table: Table, clusterId: string, id: string, now: Date): Promise<void> {
  await change(table, clusterId, (places) => withoutTrace(places, id, now.getTime()));
}

/** Compare-and-set of the one item; `next` returns null to change nothing. */
async function change(table: Table, clusterId: string, next: (places: AskPlaces) => AskPlaces | null): Promise<void> {
  for (let race = 0; race < RACES; race++) {
    const item = await load(table, clusterId);
    const places = next(item ?? NO_QUESTIONS);
    if (places === null) return;
    const version = item?.version ?? 0;
    const unchanged = item === null ? 'attribute_not_exists(PK)' : '#version = :version';
    try {
      await putItem(
        table,
        { ...askingKey(clusterId), version: version + 1, open: [...places.open], asked: [...places.asked] },
        {
          ConditionExpression: unchanged,
          ...(item !== null && {
            ExpressionAttributeNames: { '#version': 'version' },
            ExpressionAttributeValues: { ':version': version },
          }),
        },
      );
      return;
    } catch (error) {
      if (!lostTheRace(error)) throw error;
    }
  }
  throw new AskingContended(`the questions of ${clusterId} changed ${RACES} times while they were read`);
}

async function load(table: Table, clusterId: string): Promise<AskingItem | null> {
  const answer = await table.client.send(
    new GetCommand({ TableName: table.name, Key: askingKey(clusterId), ConsistentRead: true }),
  );
  return answer.Item ? parseItem(AskingItem, answer.Item) : null;
}

/** Open questions of each of these clusters that ever asked one. */
export async function loadAllAskPlaces(
  table: Table,
  clusterIds: readonly string[],
): Promise<ReadonlyMap<string, AskingItem>> {
  return readOfClusters(table, clusterIds, 'ASKING', AskingItem);
}
