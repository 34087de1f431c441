import { BatchGetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { JobItem } from '../../../schemas/items/job.ts';
import { LAYOUT } from '../../../schemas/layout.ts';
import { RowContended } from '../../application/outcomes/contended.ts';
import type { Recorded } from '../../application/outcomes/ports.ts';
import type { LedgerLine } from '../../domain/ledger-lines.ts';
import { firstLabel, type JobFact, joinOutcome, marksOf, nextDue } from '../../domain/outcome.ts';
import { nextQueueDue } from '../../domain/queue-facts.ts';
import { canonicalInstant, type Round, roundOf } from '../../domain/round.ts';
import { loadJob, ROW_LIFE_SECONDS } from './jobs.ts';
import { query } from './query.ts';
import { clusterKey, conditionally, jobKey, rowKey, type Table, upsertItem } from './table.ts';

/** A row has at most five writers; a writer that loses this often is retried by the queue in front. */
const ATTEMPTS = 8;
const BATCH_GET_LIMIT = 100;
/** Keys of one page of the index. */
const PAGE = 1_000;

/** The attributes that decide the join. A write succeeds only while all of them are as they were read. */
const GUARDED = [
  'started_at',
  'ended_at',
  'cancelled_at',
  'label_at',
  'unfolded',
  'contradictions',
  'predicted_wait',
  'superseded_at',
  'counted',
  'folded_in',
  'waited_seconds',
  'wait_over',
] as const;

/**
 * Joins an outcome to the row of its round; creates the row if the outcome arrives before the submission.
 * Fact, label and index entry change in one conditional write, so that a crash leaves all of them or none.
 * @param longWaitSeconds T of the cluster; a recorded decision's own T takes precedence
 * @returns whether the event contradicts what was stored before it
 * @throws RowContended
 */
export async function joinOutcomeToRow(
  table: Table,
  round: Round,
  fact: JobFact,
  longWaitSeconds: number,
  now: Date,
): Promise<Recorded> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const row = await loadJob(table, round);
    const birth = row ? {} : birthOf(round, now);
    const known = row ?? { ...jobKey(round), v: LAYOUT, ...birthOf(round, now) };
    const longWait = row?.decision?.longWaitSeconds ?? longWaitSeconds;
    const { set, remove, contradicts } = joinOutcome(known, fact, longWait, now);
    const teaches = !isCounted(known, fact);
    if (Object.keys(set).length === 0) return { contradicts, teaches };
    if (await setIfUnchanged(table, jobKey(round), row, { ...birth, ...set }, remove)) return { contradicts, teaches };
  }
  throw new RowContended(`row of job ${round.jobId} of ${round.clusterId} changed ${ATTEMPTS} times while it was read`);
}

/** Whether an event only ends a run whose start and label are folded: it is counted with the next fold. */
function isCounted({ folded_in, counted }: JobItem, { type }: JobFact): boolean {
  return type !== 'JobStarted' && folded_in !== undefined && counted === 'running';
}

/** The row of a round that is not claimed yet. */
function birthOf({ clusterId, jobId, submittedAt }: Round, now: Date) {
  const ttl = secondsOf(now) + ROW_LIFE_SECONDS;
  return { cluster_id: clusterId, job_id: jobId, submitted_at: canonicalInstant(submittedAt), ttl };
}

/**
 * Labels a row from what is known by now; an overdue job waited long.
 * @returns the row afterwards; without a label while it cannot be known
 */
export async function labelRow(table: Table, row: JobItem, longWaitSeconds: number, now: Date): Promise<JobItem> {
  const set = firstLabel(row, row.decision?.longWaitSeconds ?? longWaitSeconds, now);
  if (Object.keys(set).length === 0) return row;
  if (await setIfUnchanged(table, jobKey(roundOf(row)), row, set)) return { ...row, ...set };
  return (await loadJob(table, roundOf(row))) ?? row;
}

/** Keys of the rounds that are due to be folded, earliest first. The index may lag. */
export async function dueRounds(table: Table, clusterId: string, now: Date, limit: number): Promise<string[]> {
  const keys: string[] = [];
  const found = query(table, {
    IndexName: 'unfolded',
    KeyConditionExpression: 'unfolded = :cluster AND unfolded_due <= :now',
    ExpressionAttributeValues: { ':cluster': clusterKey(clusterId), ':now': now.toISOString() },
    Limit: Math.min(PAGE, limit),
  });
  for await (const item of found) {
    keys.push(String(item.SK).slice('JOB#'.length));
    if (keys.length >= limit) break;
  }
  return keys;
}

/** Reads rows consistently by their keys, 100 at a time. One that does not match its schema is named and does not stop the others. */
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

/**
 * Marks on a row which of its lines are in the ledger, and when it next has something to fold; removes it from the index
 * once it is finished. The write applies only to the row as it was read, so events that arrive meanwhile are not lost.
 * @throws RowContended
 */
export async function markRow(
  table: Table,
  read: JobItem,
  lines: readonly LedgerLine[],
  version: number,
): Promise<void> {
  let row: JobItem | null = read;
  for (let attempt = 0; attempt < ATTEMPTS && row !== null; attempt++) {
    const marks = marksOf(row, lines, version);
    const settled = { ...row, ...marks };
    if (Object.keys(marks).length === 0 || (await setDue(table, row, marks, nextDue(settled)))) return;
    row = await loadJob(table, roundOf(row));
  }
  if (row !== null)
    throw new RowContended(`row of job ${read.job_id} of ${read.cluster_id} kept changing under its mark`);
}

/** The same for an unreadable row. Its lines stay marked, so that they are not folded again once it is repaired. */
export async function markBlindly(
  table: Table,
  clusterId: string,
  round: string,
  lines: readonly LedgerLine[],
  version: number,
): Promise<void> {
  const marks = marksOf({ counted: undefined }, lines, version);
  const names = Object.keys(marks);
  if (names.length === 0) return;
  await conditionally(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: rowKey(clusterId, round),
        UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
        ConditionExpression: 'attribute_exists(PK)',
        ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
        ExpressionAttributeValues: Object.fromEntries(
          Object.entries(marks).map(([name, value]) => [`:${name}`, value]),
        ),
      }),
    ),
  );
}

/**
 * Postpones a row that has nothing to fold now until it has, or for good.
 * @param until set if its label waits for an effect that may yet be undone
 */
export async function leaveUntilDue(table: Table, row: JobItem, until: Date | null): Promise<void> {
  const label = until === null ? nextDue(row) : until.toISOString();
  const queue = nextQueueDue(row)?.toISOString() ?? null;
  const due = label === null || (queue !== null && queue < label) ? queue : label;
  if (due === row.unfolded_due) return;
  // An event that arrived meanwhile has itself set when the row is due.
  await setDue(table, row, {}, due);
}

/** @returns false if the row has changed since it was read */
function setDue(table: Table, row: JobItem, set: Partial<JobItem>, due: string | null): Promise<boolean> {
  const leaves = due === null || row.unfolded === undefined;
  return setIfUnchanged(
    table,
    jobKey(roundOf(row)),
    row,
    leaves ? set : { ...set, unfolded_due: due },
    leaves ? ['unfolded', 'unfolded_due'] : [],
  );
}

/**
 * A later round of the same job was submitted: an earlier one still pending or running left the queue then. The first
 * recorded time stands.
 * @throws RowContended, UnreadableItem, OtherLayout
 */
export async function recordSuperseded(table: Table, round: Round, at: string): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const row = await loadJob(table, round);
    if (row === null || isOver(row)) return;
    const set = { superseded_at: canonicalInstant(at) };
    const due = nextDue({ ...row, ...set }) ?? set.superseded_at;
    const changes = row.unfolded === undefined ? set : { ...set, unfolded_due: due };
    if (await setIfUnchanged(table, jobKey(round), row, changes)) return;
  }
  throw new RowContended(`row of job ${round.jobId} of ${round.clusterId} changed ${ATTEMPTS} times while it was read`);
}

function isOver({ ended_at, cancelled_at, superseded_at }: JobItem): boolean {
  return ended_at !== undefined || cancelled_at !== undefined || superseded_at !== undefined;
}

const secondsOf = (now: Date) => Math.floor(now.getTime() / 1000);

/** Sets and removes attributes while the guarded ones are as they were read. @returns false if one of them has changed */
async function setIfUnchanged(
  table: Table,
  Key: { PK: string; SK: string },
  read: JobItem | null,
  set: Partial<JobItem>,
  remove: readonly string[] = [],
): Promise<boolean> {
  const names = new Set([...GUARDED, ...Object.keys(set), ...remove]);
  const known = GUARDED.filter((name) => read?.[name] !== undefined);
  const condition = GUARDED.map((name) =>
    known.includes(name) ? `#${name} = :read_${name}` : `attribute_not_exists(#${name})`,
  );
  const assignments = Object.keys(set).map((name) => `#${name} = :${name}`);
  return conditionally(
    upsertItem(table, Key, {
      UpdateExpression: [
        assignments.length > 0 ? `SET ${assignments.join(', ')}` : '',
        remove.length > 0 ? `REMOVE ${remove.map((name) => `#${name}`).join(', ')}` : '',
      ].join(' '),
      ConditionExpression: condition.join(' AND '),
      ExpressionAttributeNames: Object.fromEntries([...names].map((name) => [`#${name}`, name])),
      ExpressionAttributeValues: {
        ...Object.fromEntries(Object.entries(set).map(([name, value]) => [`:${name}`, value])),
        ...Object.fromEntries(known.map((name) => [`:read_${name}`, read?.[name]])),
      },
    }),
  );
}
