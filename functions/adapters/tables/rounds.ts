import { JobItem } from '../../../schemas/items/job.ts';
import { type JobFact, knowsOf } from '../../domain/outcome.ts';
import { canonicalInstant, escapedJobId, type Round } from '../../domain/round.ts';
import { query } from './query.ts';
import { clusterKey, parseItem, type Table } from './table.ts';

type Job = Omit<Round, 'submittedAt'>;

/**
 * The rows of one job submitted up to a given time, newest round first. Read consistently.
 * @throws UnreadableItem, OtherLayout
 */
export async function* roundsBefore(table: Table, { clusterId, jobId }: Job, until: string): AsyncGenerator<JobItem> {
  const rows = `JOB#${escapedJobId(jobId)}#`;
  const found = query(table, {
    KeyConditionExpression: 'PK = :pk AND SK BETWEEN :rows AND :until',
    ExpressionAttributeValues: { ':pk': clusterKey(clusterId), ':rows': rows, ':until': `${rows}${until}` },
    ScanIndexForward: false,
    ConsistentRead: true,
    // A second round is rare, and callers seldom look beyond the newest.
    Limit: 2,
  });
  for await (const item of found) yield parseItem(JobItem, item);
}

/** All rounds of one job, oldest first. */
export async function roundsOf(table: Table, job: Job): Promise<JobItem[]> {
  const rows: JobItem[] = [];
  for await (const row of roundsBefore(table, job, '~')) rows.push(row);
  return rows.reverse();
}

/** The latest round submitted at or before an instant, or null. */
export async function latestRound(table: Table, job: Job, at: string): Promise<JobItem | null> {
  for await (const row of roundsBefore(table, job, canonicalInstant(at))) return row;
  return null;
}

/** How far back to look for a round that recorded an outcome before the latest one was claimed. */
const ROUNDS_BACK = 4;

/**
 * The round of an outcome that names none: the latest one submitted at or before it, or null. A round that has already
 * recorded it keeps it even if a later one has been claimed since, so that a repeated event changes nothing.
 */
export async function roundToTell(table: Table, job: Job, fact: JobFact): Promise<JobItem | null> {
  const rows: JobItem[] = [];
  for await (const row of roundsBefore(table, job, canonicalInstant(fact.at))) {
    if (knowsOf(row, fact)) return row;
    if (rows.push(row) >= ROUNDS_BACK) break;
  }
  return rows[0] ?? null;
}

/** The claimed rounds of the same job just before and just after this one, each null if there is none. */
export async function neighboursOf(
  table: Table,
  round: Round,
): Promise<{ before: JobItem | null; after: JobItem | null }> {
  const submittedAt = canonicalInstant(round.submittedAt);
  let after: JobItem | null = null;
  for await (const row of roundsBefore(table, round, '~')) {
    if (row.claimed_by === undefined || row.submitted_at === submittedAt) continue;
    if (row.submitted_at < submittedAt) return { before: row, after };
    after = row;
  }
  return { before: null, after };
}
