import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { ClusterConfig } from '../../../schemas/config.ts';
import { CooldownItem, HourItem } from '../../../schemas/items/cluster.ts';
import type { Usage, Use } from '../../application/decisions/ports.ts';
import { escapedJobId } from '../../domain/round.ts';
import { GATE } from '../../domain/thresholds.ts';
import { clusterKey, conditionally, parseItem, type Table, upsertItem } from './table.ts';

const HOUR_MS = 3_600_000;
/** After its hour or cooldown an item is meaningless; one more day allows for clock differences. */
const GRACE_SECONDS = 86_400;

const hourOf = (now: Date) => Math.floor(now.getTime() / HOUR_MS);
const hourKey = (clusterId: string, hour: number) => ({ PK: clusterKey(clusterId), SK: `LIMIT#HOUR#${hour}` });
const cooldownKey = (clusterId: string, { jobId, action }: Use) => ({
  PK: clusterKey(clusterId),
  SK: `LIMIT#${encodeURIComponent(action)}#${escapedJobId(jobId)}`,
});

/**
 * Reads how much of an action's limits is used, for the gate; `useAction` is what enforces them.
 * @param use without an action nothing is limited
 * @param decisionId a decision is not blocked by its own earlier use
 */
export async function loadUsage(
  table: Table,
  { clusterId, limits }: Pick<ClusterConfig, 'clusterId' | 'limits'>,
  { jobId, action }: { jobId: string; action: string | undefined },
  now: Date,
  decisionId?: string,
): Promise<Usage> {
  if (action === undefined) return { coolingDown: false, usedThisHour: 0 };
  const [last, decisions] = await Promise.all([
    loadCooldown(table, clusterId, { jobId, action }),
    loadHour(table, clusterId, hourOf(now)),
  ]);
  return {
    coolingDown: last !== null && last.decision !== decisionId && isCoolingDown(last.last_at, limits, now),
    usedThisHour: decisions.size - (decisionId !== undefined && decisions.has(decisionId) ? 1 : 0),
  };
}

/**
 * Clocks differ a little, so a use may seem to lie in the future; one that lies further ahead comes from a wrong clock, and
 * is no reason to wait.
 */
function isCoolingDown(lastAt: number, { cooldownMinutes }: ClusterConfig['limits'], now: Date): boolean {
  return cooldownMinutes > 0 && lastAt > restedBy(cooldownMinutes, now) && lastAt <= farthest(now);
}

const restedBy = (minutes: number, now: Date) => now.getTime() - minutes * 60_000;
const farthest = (now: Date) => now.getTime() + GATE.aheadSeconds * 1000;

/**
 * Counts one use of an action on a job: first a place in the hour, then the cooldown, each with one conditional write, so
 * that two executions cannot both take the last place. A retry of the same decision takes no second place, even in the next hour.
 * @returns the limit that forbids it; null if it is counted
 */
export async function useAction(
  table: Table,
  { clusterId, limits }: Pick<ClusterConfig, 'clusterId' | 'limits'>,
  use: Use,
  decisionId: string,
  now: Date,
): Promise<'cooldown' | 'rate' | null> {
  const last = await loadCooldown(table, clusterId, use);
  // Written last, so a decision that finds it has its place.
  if (last?.decision === decisionId) return null;
  if (last && isCoolingDown(last.last_at, limits, now)) return 'cooldown';
  const hour = hourOf(now);
  const before = await loadHour(table, clusterId, hour - 1);
  if (!before.has(decisionId) && !(await takePlace(table, clusterId, hour, limits.actionsPerHour, decisionId))) {
    return 'rate';
  }
  if (await startCooldown(table, clusterId, use, { minutes: limits.cooldownMinutes, decisionId, now })) return null;
  await giveBackPlace(table, clusterId, before.has(decisionId) ? hour - 1 : hour, decisionId);
  return 'cooldown';
}

async function loadCooldown(table: Table, clusterId: string, use: Use) {
  const Key = cooldownKey(clusterId, use);
  const answer = await table.client.send(new GetCommand({ TableName: table.name, Key, ConsistentRead: true }));
  return answer.Item ? parseItem(CooldownItem, answer.Item) : null;
}

/** The decisions that used an action in a given hour. */
async function loadHour(table: Table, clusterId: string, hour: number): Promise<ReadonlySet<string>> {
  const Key = hourKey(clusterId, hour);
  const answer = await table.client.send(new GetCommand({ TableName: table.name, Key, ConsistentRead: true }));
  return (answer.Item && parseItem(HourItem, answer.Item).decisions) ?? new Set();
}

function takePlace(table: Table, clusterId: string, hour: number, most: number, decisionId: string): Promise<boolean> {
  const free = ':most > :zero AND (attribute_not_exists(decisions) OR size(decisions) < :most)';
  return conditionally(
    upsertItem(table, hourKey(clusterId, hour), {
      UpdateExpression: 'SET #ttl = :ttl ADD decisions :ids',
      ConditionExpression: `contains(decisions, :id) OR (${free})`,
      ExpressionAttributeNames: { '#ttl': 'ttl' },
      ExpressionAttributeValues: {
        ':ids': new Set([decisionId]),
        ':id': decisionId,
        ':most': most,
        ':zero': 0,
        ':ttl': (hour + 1) * 3600 + GRACE_SECONDS,
      },
    }),
  );
}

async function giveBackPlace(table: Table, clusterId: string, hour: number, decisionId: string): Promise<void> {
  await conditionally(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: hourKey(clusterId, hour),
        UpdateExpression: 'DELETE decisions :ids',
        ConditionExpression: 'attribute_exists(PK)',
        ExpressionAttributeValues: { ':ids': new Set([decisionId]) },
      }),
    ),
  );
}

function startCooldown(
  table: Table,
  clusterId: string,
  use: Use,
  { minutes, decisionId, now }: { minutes: number; decisionId: string; now: Date },
): Promise<boolean> {
  const rested = 'attribute_not_exists(PK) OR last_at <= :rested OR last_at > :farthest OR :minutes = :zero';
  return conditionally(
    upsertItem(table, cooldownKey(clusterId, use), {
      UpdateExpression: 'SET decision = :id, last_at = :now, #ttl = :ttl',
      ConditionExpression: `${rested} OR decision = :id`,
      ExpressionAttributeNames: { '#ttl': 'ttl' },
      ExpressionAttributeValues: {
        ':id': decisionId,
        ':now': now.getTime(),
        ':rested': restedBy(minutes, now),
        ':farthest': farthest(now),
        ':minutes': minutes,
        ':zero': 0,
        ':ttl': Math.ceil(now.getTime() / 1000 + minutes * 60) + GRACE_SECONDS,
      },
    }),
  );
}
