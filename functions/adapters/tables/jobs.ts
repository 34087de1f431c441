import { GetCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';
import type { Decision } from '../../../schemas/decision.ts';
import type { Effect } from '../../../schemas/effect.ts';
import { JobItem, type RoundForecast } from '../../../schemas/items/job.ts';
import type { Job } from '../../../schemas/machines/job-workflow.ts';
import { AlreadyAdmitted, type Closing } from '../../application/decisions/ports.ts';
import { outlineOf } from '../../domain/figures.ts';
import { canonicalInstant, type Round } from '../../domain/round.ts';
import type { Whose } from '../../domain/subject.ts';
import { queryPages } from './query.ts';
import { type Items, readTogether } from './read-together.ts';
import { clusterKey, conditionally, jobKey, lostTheRace, parseItem, type Table, upsertItem } from './table.ts';

/** Rows outlive the bus archive (90 days), so replaying it finds every claim. */
export const ROW_LIFE_SECONDS = 180 * 86_400;

/**
 * Claims the round's row for one execution; a retry of the same execution succeeds again.
 * The row may already have an outcome that arrived before its submission.
 * @throws AlreadyAdmitted if another execution has claimed it
 */
export async function claimJob(table: Table, job: Job, execution: string, now: Date): Promise<void> {
  const { schemaVersion: _, clusterId, jobId, submittedAt: instant, proposedAction, ...described } = job;
  const submittedAt = canonicalInstant(instant);
  const attributes: Record<string, unknown> = {
    ...described,
    cluster_id: clusterId,
    job_id: jobId,
    submitted_at: submittedAt,
    proposed_action: proposedAction,
    claimed_by: execution,
    listing: clusterKey(clusterId),
    listing_key: `PREDICTION#${submittedAt}#${jobId}`,
    ttl: Math.floor(now.getTime() / 1000) + ROW_LIFE_SECONDS,
  };
  await update(table, job, attributes, {
    condition: 'attribute_not_exists(claimed_by) OR claimed_by = :execution',
    values: { ':execution': execution },
  }).catch((error: unknown) => {
    if (lostTheRace(error))
      throw new AlreadyAdmitted(`job ${jobId} of ${clusterId}, submitted at ${submittedAt}, is already admitted`);
    throw error;
  });
}

/** Reads the row consistently. @throws UnreadableItem if it does not match its schema */
export async function loadJob(table: Table, round: Round): Promise<JobItem | null> {
  const answer = await table.client.send(
    new GetCommand({ TableName: table.name, Key: jobKey(round), ConsistentRead: true }),
  );
  return jobFrom(() => answer.Item, round);
}

/** The same, from items read together. */
export function jobFrom(items: Items, round: Round): JobItem | null {
  const item = items(jobKey(round));
  return item ? parseItem(JobItem, item) : null;
}

/**
 * Records the decision, once, with the inputs of its forecast. A decision that acts or teaches is recorded only while no
 * outcome is known.
 * @param labelDue when its label falls due at the latest. ISO 8601
 * @param forecast null if none was made
 * @returns false if the row already has a decision, or an outcome arrived first: read it again and decide again
 */
export async function recordDecision(
  table: Table,
  decision: Decision,
  labelDue: string,
  forecast: RoundForecast | null = null,
): Promise<boolean> {
  const { clusterId, prediction, foldable, decidedAt } = decision;
  // A job that is over by now was still submitted, and started or left: the forecast has yet to count that.
  const due = forecast === null ? labelDue : decidedAt;
  const attributes = {
    decision,
    outline: outlineOf(decision),
    predicted_wait: prediction.waitSeconds,
    confidence: prediction.confidence ?? undefined,
    ...(forecast !== null && { forecast }),
    ...((foldable || forecast !== null) && { unfolded: clusterKey(clusterId), unfolded_due: due }),
  };
  // A stopped execution has its row closed; a handler of it that is still running must no longer decide.
  const undecided = 'attribute_not_exists(decision) AND attribute_not_exists(closed_at)';
  const noOutcome = ['started_at', 'ended_at', 'cancelled_at']
    .map((name) => `attribute_not_exists(${name})`)
    .join(' AND ');
  return conditionally(
    update(table, decision, attributes, {
      condition: foldable ? `${undecided} AND ${noOutcome}` : undecided,
    }),
  );
}

/** Records that the scheduler is about to be called for a decision. */
export async function recordActing(table: Table, round: Round, acting: NonNullable<JobItem['acting']>): Promise<void> {
  await update(table, round, { acting });
}

/** Records what Act did, beside the decision that permitted it: the agent's own, or a human's. */
export async function recordEffect(table: Table, round: Round, effect: Effect, whose: Whose = 'own'): Promise<void> {
  await update(table, round, whose === 'asked' ? { approved_effect: effect } : { effect });
}

/** Records that a round was caused by our own effect on an earlier one. */
export async function recordOwnEffect(table: Table, round: Round, decisionId: string): Promise<void> {
  await update(table, round, { own_effect_of: decisionId });
}

/**
 * Closes the row, once. A failed round may have failed before its decision, so the next fold looks at it: the forecast has
 * yet to count it.
 * @returns false if it is already closed
 */
export async function closeJob(table: Table, round: Round, closing: Closing): Promise<boolean> {
  const { status, effect, failure, at } = closing;
  const looked = { unfolded: clusterKey(round.clusterId), unfolded_due: at.toISOString() };
  return conditionally(
    update(
      table,
      round,
      { status, effect, failure, closed_at: at.toISOString(), ...(status === 'failed' && looked) },
      // The effect that Act recorded may have been undone since; it stands.
      { condition: 'attribute_exists(claimed_by) AND attribute_not_exists(closed_at)', keep: 'effect' },
    ),
  );
}

/** One UpdateItem that sets the defined attributes; names are aliased because `user`, `status` and others are reserved. */
async function update(
  table: Table,
  round: Round,
  attributes: Record<string, unknown>,
  guard: { condition?: string; values?: Record<string, unknown>; keep?: string } = {},
): Promise<void> {
  const defined = Object.entries(attributes).filter(([, value]) => value !== undefined);
  const assigned = (name: string) => (name === guard.keep ? `if_not_exists(#${name}, :${name})` : `:${name}`);
  await upsertItem(table, jobKey(round), {
    UpdateExpression: `SET ${defined.map(([name]) => `#${name} = ${assigned(name)}`).join(', ')}`,
    ...(guard.condition && { ConditionExpression: guard.condition }),
    ExpressionAttributeNames: Object.fromEntries(defined.map(([name]) => [`#${name}`, name])),
    ExpressionAttributeValues: {
      ...Object.fromEntries(defined.map(([name, value]) => [`:${name}`, value])),
      ...guard.values,
    },
  });
}

/** Rows this old are rare, and usually only the newest mark lags behind. */
const OLD_AT_ONCE = 25;

/**
 * When the oldest row still waiting to be folded fell due; null if none has waited since before a moment. Rows leave the
 * sparse index when they are folded, but it lags, and a freshly folded row would look old: so the rows themselves are
 * checked.
 */
export async function oldestUnfolded(table: Table, clusterId: string, before: Date): Promise<Date | null> {
  const PK = clusterKey(clusterId);
  const isOld = (due: unknown): due is string => typeof due === 'string' && due < before.toISOString();
  const found = queryPages(table, {
    IndexName: 'unfolded',
    KeyConditionExpression: 'unfolded = :cluster AND unfolded_due < :before',
    ExpressionAttributeValues: { ':cluster': PK, ':before': before.toISOString() },
    Limit: OLD_AT_ONCE,
  });
  for await (const listed of found) {
    const keys = listed.map(({ SK }) => ({ PK, SK: String(SK) }));
    const rows = await readTogether(table, keys);
    const dues = keys.map((key) => rows(key)?.unfolded_due).filter(isOld);
    if (dues.length > 0) return new Date(dues.toSorted()[0] ?? before);
  }
  return null;
}

/** How many rows have something to fold by then; a running job has nothing. */
export async function countUnfolded(table: Table, clusterId: string, by: Date): Promise<number> {
  let count = 0;
  const pages = paginateQuery(
    { client: table.client },
    {
      TableName: table.name,
      IndexName: 'unfolded',
      KeyConditionExpression: 'unfolded = :cluster AND unfolded_due <= :by',
      ExpressionAttributeValues: { ':cluster': clusterKey(clusterId), ':by': by.toISOString() },
      Select: 'COUNT',
    },
  );
  for await (const { Count = 0 } of pages) count += Count;
  return count;
}
