import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { StatementsItem } from '../../../schemas/items/approval.ts';
import type { Statements } from '../../domain/rolling-statements.ts';
import { lostTheRace, parseItem, putItem, type Table } from './table.ts';

/** Each lost race means that another statement was added. */
const RACES = 30;

/** Other executions kept changing the statements of a cluster. Retried by the machine. */
export class StatementsContended extends Error {
  override name = 'StatementsContended' as const;
}

const statementsKey = (clusterId: string) => ({ PK: `APPROVAL#STATEMENTS@${clusterId}`, SK: 'DIGEST' as const });

/** The statements of a cluster in the current shared message; null before the first. */
export async function loadStatements(table: Table, clusterId: string): Promise<Statements | null> {
  return load(table, clusterId);
}

/**
 * Changes them by compare-and-set, so that none is lost.
 * @param next returns its argument to change nothing
 * @throws StatementsContended
 */
export async function changeStatements(
  table: Table,
  clusterId: string,
  next: (statements: Statements | null) => Statements | null,
): Promise<Statements | null> {
  for (let race = 0; race < RACES; race++) {
    const item = await load(table, clusterId);
    const after = next(item);
    if (after === item || after === null) return item;
    const version = item?.version ?? 0;
    const whole = { ...after, ...statementsKey(clusterId), cluster_id: clusterId, version: version + 1 };
    try {
      await putItem(table, whole, {
        ConditionExpression: item === null ? 'attribute_not_exists(PK)' : '#version = :version',
        ...(item !== null && {
          ExpressionAttributeNames: { '#version': 'version' },
          ExpressionAttributeValues: { ':version': version },
        }),
      });
      return after;
    } catch (error) {
      if (!lostTheRace(error)) throw error;
    }
  }
  throw new StatementsContended(`the statements of ${clusterId} changed ${RACES} times while they were read`);
}

async function load(table: Table, clusterId: string): Promise<StatementsItem | null> {
  const Key = statementsKey(clusterId);
  const answer = await table.client.send(new GetCommand({ TableName: table.name, Key, ConsistentRead: true }));
  return answer.Item ? parseItem(StatementsItem, answer.Item) : null;
}
