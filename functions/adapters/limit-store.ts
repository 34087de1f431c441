import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { ClusterConfig } from '../../schemas/config.ts';
import { LimitItem } from '../../schemas/items/cluster.ts';
import { clusterKey, lostTheRace, parseItem, type Table } from './table.ts';

const HOUR_MS = 3_600_000;
const limitKey = (clusterId: string, action: string) => ({ PK: clusterKey(clusterId), SK: `LIMIT#${action}` });

/** How far an action of a cluster is from its limits. */
export interface Usage {
  coolingDown: boolean;
  usedThisHour: number;
}

/**
 * Reads how far an action is used, for the gate; `useAction` is what counts.
 * @param decisionId whose own earlier use does not stand in its way
 */
export async function loadUsage(
  table: Table,
  config: ClusterConfig,
  action: string | undefined,
  now: Date,
  decisionId?: string,
): Promise<Usage> {
  if (action === undefined) return { coolingDown: false, usedThisHour: 0 };
  const answer = await table.client.send(
    new GetCommand({ TableName: table.name, Key: limitKey(config.clusterId, action), ConsistentRead: true }),
  );
  if (!answer.Item) return { coolingDown: false, usedThisHour: 0 };
  const limit = parseItem(LimitItem, answer.Item);
  // A retry of the decision that used it last is not a second use.
  if (limit.last_decision === decisionId) return { coolingDown: false, usedThisHour: 0 };
  return {
    coolingDown: now.getTime() - limit.last_at < config.limits.cooldownMinutes * 60_000,
    usedThisHour: limit.hour === Math.floor(now.getTime() / HOUR_MS) ? limit.used : 0,
  };
}

/**
 * Uses the action once: one conditional write, so that two executions cannot both pass the last free place.
 * @returns false while it cools down, or when the hour is full
 */
export async function useAction(
  table: Table,
  config: ClusterConfig,
  action: string,
  decisionId: string,
  now: Date,
): Promise<boolean> {
  const { cooldownMinutes, actionsPerHour } = config.limits;
  if (actionsPerHour < 1) return false;
  const hour = Math.floor(now.getTime() / HOUR_MS);
  const rested = '(attribute_not_exists(PK) OR last_at <= :rested)';
  const use = 'SET #hour = :hour, last_at = :now, last_decision = :decision';
  const values = {
    ':decision': decisionId,
    ':hour': hour,
    ':now': now.getTime(),
    ':rested': now.getTime() - cooldownMinutes * 60_000,
    ':one': 1,
  };
  const names = { '#used': 'used', '#hour': 'hour' };
  const attempts = [
    {
      UpdateExpression: 'SET #used = #used',
      ConditionExpression: 'last_decision = :decision',
      ExpressionAttributeNames: { '#used': 'used' },
      ExpressionAttributeValues: { ':decision': decisionId },
    },
    {
      UpdateExpression: `${use}, #used = #used + :one`,
      ConditionExpression: `#hour = :hour AND #used < :max AND ${rested}`,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: { ...values, ':max': actionsPerHour },
    },
    {
      UpdateExpression: `${use}, #used = :one`,
      ConditionExpression: `(attribute_not_exists(PK) OR #hour <> :hour) AND ${rested}`,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
    },
  ];
  for (const attempt of attempts) {
    try {
      await table.client.send(
        new UpdateCommand({ TableName: table.name, Key: limitKey(config.clusterId, action), ...attempt }),
      );
      return true;
    } catch (error) {
      if (!lostTheRace(error)) throw error;
    }
  }
  return false;
}
