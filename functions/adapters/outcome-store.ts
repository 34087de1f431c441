import { BatchGetCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { JobItem } from '../../schemas/items/job.ts';
import { LAYOUT } from '../../schemas/layout.ts';
import { firstLabel, isWaiting, joinOutcome, type Told } from '../domain/outcome.ts';
import { canonicalInstant, type Round, roundKey } from '../domain/round.ts';
import { loadJob, ROW_LIFE_SECONDS } from './job-store.ts';
import { clusterKey, conditionally, jobKey, lostTheRace, rowKey, type Table, upsertItem } from './table.ts';

/** A row has at most five writers; whoever loses this often is retried by the queue in front. */
const ATTEMPTS = 8;
const BATCH_GET_LIMIT = 100;
/** Keys of one page of the index. */
const PAGE = 1_000;

/** Other writers kept changing the row. Retried by the rule's retry policy. */
export class RowContended extends Error {
  override name = 'RowContended' as const;
}

/** What decides the join. A write holds only while all of this is as it was read. */
const GUARDED = [
  'started_at',
  'ended_at',
  'cancelled_at',
  'label_at',
  'unfolded',
  'contradictions',
  'predicted_wait',
] as const;

/**
 * Joins an outcome to the row of its round; creates the row where the outcome overtook the submission.
 * Fact, label and index entry change in one conditional write, so that a crash leaves all of them or none.
 * @param longWaitSeconds T, of the cluster; a recorded decision's own T goes first
 * @returns whether the event contradicts what was stored before it
 * @throws RowContended
 */
export async function recordOutcome(
  table: Table,
  round: Round,
  told: Told,
  longWaitSeconds: number,
  now: Date,
): Promise<{ contradicts: boolean }> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const row = await loadJob(table, round);
    const birth = row ? {} : birthOf(round, now);
    const known = row ?? { ...jobKey(round), v: LAYOUT, ...birthOf(round, now) };
    const { set, contradicts } = joinOutcome(known, told, row?.decision?.longWaitSeconds ?? longWaitSeconds, now);
    if (Object.keys(set).length === 0) return { contradicts };
    if (await setIfUnchanged(table, jobKey(round), row, { ...birth, ...set })) return { contradicts };
  }
  throw new RowContended(`row of job ${round.jobId} of ${round.clusterId} changed ${ATTEMPTS} times while it was read`);
}

/** What the row of a round says that nobody has claimed yet. */
function birthOf({ clusterId, jobId, submittedAt }: Round, now: Date) {
  const ttl = secondsOf(now) + ROW_LIFE_SECONDS;
  return { cluster_id: clusterId, job_id: jobId, submitted_at: canonicalInstant(submittedAt), ttl };
}

/** The round of a stored row. */
export const roundOf = ({ cluster_id, job_id, submitted_at }: JobItem): Round => ({
  clusterId: cluster_id,
  jobId: job_id,
  submittedAt: submitted_at,
});

/**
 * Labels a row from what it knows by now: overdue jobs as long.
 * @returns the row as it stands afterwards; without a label while it cannot be known
 */
export async function labelRow(table: Table, row: JobItem, longWaitSeconds: number, now: Date): Promise<JobItem> {
  const set = firstLabel(row, row.decision?.longWaitSeconds ?? longWaitSeconds, now);
  if (Object.keys(set).length === 0) return row;
  if (await setIfUnchanged(table, jobKey(roundOf(row)), row, set)) return { ...row, ...set };
  return (await loadJob(table, roundOf(row))) ?? row;
}

/** Keys of the rounds whose decision waits to be folded and can be by now, earliest first. The index may lag behind. */
export async function dueRounds(table: Table, clusterId: string, now: Date, limit: number): Promise<string[]> {
  const keys: string[] = [];
  let start: Record<string, unknown> | undefined;
  do {
    const page = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        IndexName: 'unfolded',
        KeyConditionExpression: 'unfolded = :cluster AND unfolded_due <= :now',
        ExpressionAttributeValues: { ':cluster': clusterKey(clusterId), ':now': now.toISOString() },
        Limit: Math.min(PAGE, limit - keys.length),
        ...(start && { ExclusiveStartKey: start }),
      }),
    );
    for (const item of page.Items ?? []) keys.push(String(item.SK).slice('JOB#'.length));
    start = page.LastEvaluatedKey;
  } while (start && keys.length < limit);
  return keys;
}

/** Reads the rows of rounds consistently by their keys, 100 at a time. One that is not of its schema is named, and does not stop the others. */
export async function loadJobs(
  table: Table,
  clusterId: string,
  rounds: string[],
): Promise<{ rows: JobItem[]; unreadable: string[] }> {
  const rows: JobItem[] = [];
  const unreadable: string[] = [];
  const unique = [...new Set(rounds)];
  for (let at = 0; at < unique.length; at += BATCH_GET_LIMIT) {
    let keys: Record<string, unknown>[] = unique
      .slice(at, at + BATCH_GET_LIMIT)
      .map((round) => rowKey(clusterId, round));
    while (keys.length > 0) {
      const answer = await table.client.send(
        new BatchGetCommand({ RequestItems: { [table.name]: { Keys: keys, ConsistentRead: true } } }),
      );
      for (const item of answer.Responses?.[table.name] ?? []) {
        const parsed = JobItem.safeParse(item);
        if (parsed.success) rows.push(parsed.data);
        else unreadable.push(String(item.SK).slice('JOB#'.length));
      }
      keys = answer.UnprocessedKeys?.[table.name]?.Keys ?? [];
    }
  }
  return { rows, unreadable };
}

const UNFOLDED = 'attribute_exists(PK) AND attribute_not_exists(folded_in)';

/**
 * Marks a row as folded and takes it out of the index, unless its wait goes on and will tell more. Harmless when it is marked
 * already, or its life has ended. A start may have come between the ledger's line and its mark: then the row stays in the
 * index for the wait it owes.
 *
 * @param due when the wait tells more; null where nobody waits for it
 */
export async function markFolded(
  table: Table,
  clusterId: string,
  { round, owes, due }: { round: string; owes: boolean; due: string | null },
  version: number,
): Promise<void> {
  const mark = (update: Update, condition: string) => updateRow(table, clusterId, round, update, condition);
  const leave = { update: 'SET folded_in = :version REMOVE unfolded, unfolded_due', values: { ':version': version } };
  const stay = {
    update: 'SET folded_in = :version, unfolded_due = :due',
    values: { ':version': version, ':due': due },
  };
  const notStarted = `${UNFOLDED} AND attribute_not_exists(actual_wait)`;
  if (await mark(due === null ? leave : stay, owes ? notStarted : UNFOLDED)) return;
  if (owes) await mark({ update: 'SET folded_in = :version', values: { ':version': version } }, UNFOLDED);
}

/** Notes how much of a wait is folded, after its label; the row stays in the index while it tells more. */
export async function markWaited(
  table: Table,
  clusterId: string,
  { round, waited, due, started }: { round: string; waited: number; due: string | null; started: boolean },
): Promise<void> {
  const isMore = (than: '<' | '<=') =>
    `attribute_exists(folded_in) AND (attribute_not_exists(waited_seconds) OR waited_seconds ${than} :waited)`;
  const mark = (update: string, condition: string, more: Record<string, unknown> = {}) =>
    updateRow(table, clusterId, round, { update, values: { ':waited': waited, ...more } }, condition);
  const leave = 'SET waited_seconds = :waited REMOVE unfolded, unfolded_due';
  // A start ends it, also where no more of the wait was folded than before.
  if (started) {
    await mark(leave, isMore('<='));
    return;
  }
  // A start that came meanwhile has set the row due at once.
  const notStarted = `${isMore('<')} AND attribute_not_exists(actual_wait)`;
  const marked =
    due === null
      ? await mark(leave, notStarted)
      : await mark('SET waited_seconds = :waited, unfolded_due = :due', notStarted, { ':due': due });
  if (!marked) await mark('SET waited_seconds = :waited', isMore('<'));
}

/** A folded row whose wait tells nothing now: out of the index for good, unless more of it is still to come. */
export async function leaveUnlessDue(table: Table, row: JobItem, now: Date): Promise<void> {
  const over = !isWaiting(row);
  if (!over && row.unfolded_due !== undefined && row.unfolded_due > now.toISOString()) return;
  const update = { update: 'REMOVE unfolded, unfolded_due', values: {} };
  const unchanged = over
    ? 'attribute_exists(folded_in)'
    : 'attribute_exists(folded_in) AND attribute_not_exists(actual_wait)';
  await updateRow(table, row.cluster_id, roundKey(roundOf(row)), update, unchanged);
}

interface Update {
  update: string;
  values: Record<string, unknown>;
}

function updateRow(
  table: Table,
  clusterId: string,
  round: string,
  { update, values }: Update,
  condition: string,
): Promise<boolean> {
  return conditionally(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: rowKey(clusterId, round),
        UpdateExpression: update,
        ConditionExpression: condition,
        ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
      }),
    ),
  );
}

/** Moves a row that cannot be settled yet back in the index, or it would pass for a label that nobody folds. */
export async function postpone(table: Table, row: JobItem, until: Date): Promise<void> {
  try {
    await table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: jobKey(roundOf(row)),
        UpdateExpression: 'SET unfolded_due = :until',
        ConditionExpression: 'attribute_exists(unfolded) AND attribute_not_exists(folded_in)',
        ExpressionAttributeValues: { ':until': until.toISOString() },
      }),
    );
  } catch (error) {
    if (!lostTheRace(error)) throw error;
  }
}

const secondsOf = (now: Date) => Math.floor(now.getTime() / 1000);

/** Sets attributes while the guarded ones are as they were read. @returns false when one of them has changed */
async function setIfUnchanged(
  table: Table,
  Key: { PK: string; SK: string },
  read: JobItem | null,
  set: Partial<JobItem>,
): Promise<boolean> {
  const names = new Set([...GUARDED, ...Object.keys(set)]);
  const known = GUARDED.filter((name) => read?.[name] !== undefined);
  const condition = GUARDED.map((name) =>
    known.includes(name) ? `#${name} = :read_${name}` : `attribute_not_exists(#${name})`,
  );
  const assignments = Object.keys(set).map((name) => `#${name} = :${name}`);
  return conditionally(
    upsertItem(table, Key, {
      UpdateExpression: `SET ${assignments.join(', ')}`,
      ConditionExpression: condition.join(' AND '),
      ExpressionAttributeNames: Object.fromEntries([...names].map((name) => [`#${name}`, name])),
      ExpressionAttributeValues: {
        ...Object.fromEntries(Object.entries(set).map(([name, value]) => [`:${name}`, value])),
        ...Object.fromEntries(known.map((name) => [`:read_${name}`, read?.[name]])),
      },
    }),
  );
}
