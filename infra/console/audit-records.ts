import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { loadJob } from '../../functions/adapters/tables/jobs.ts';
import { findBatch } from '../../functions/adapters/tables/ledger.ts';
import { clusterKey, parseItem, type Table } from '../../functions/adapters/tables/table.ts';
import { approvalIdOf } from '../../functions/domain/approval.ts';
import type { Round } from '../../functions/domain/round.ts';
import { TIERS } from '../../functions/domain/thresholds.ts';
import type { Decision } from '../../schemas/decision.ts';
import { ApprovalItem, AuditItem } from '../../schemas/items/approval.ts';
import type { JobItem } from '../../schemas/items/job.ts';
import type { JobRecords } from './story.ts';

/**
 * All that the table keeps about one round of a job; null when it was never admitted. Tokens are not among it.
 * @param known what happened to its cluster and to all of them, where that was read before
 */
export async function recordsOf(
  table: Table,
  round: Round,
  known?: readonly JobRecords['cluster'][],
): Promise<JobRecords | null> {
  const job = await loadJob(table, round);
  return job && recordsOfRow(table, job, known);
}

/** The same, of a row that was read before. */
export async function recordsOfRow(
  table: Table,
  job: JobItem,
  known?: readonly JobRecords['cluster'][],
): Promise<JobRecords> {
  const { cluster_id: clusterId, decision } = job;
  const about = (decision ? approvalsOf(decision) : []).map((id) => approvalRecords(table, id));
  const [approvals, batch, ...cluster] = await Promise.all([
    Promise.all(about),
    job.folded_in === undefined ? null : findBatch(table, clusterId, job.folded_in),
    ...(known ?? [clusterEvents(table, clusterId), clusterEvents(table, '*')]),
  ]);
  return { job, approvals: approvals.flatMap((one) => (one ? [one] : [])), batch, cluster: cluster.flat() };
}

/** Only these are ever kept; an export of many jobs need not look for others. */
function approvalsOf({ decisionId, asks, executed, kind, tier }: Decision): string[] {
  const about: Parameters<typeof approvalIdOf>[1][] = [
    ...(asks === null ? [] : (['act'] as const)),
    ...((executed && tier === TIERS.length) || asks?.tier === TIERS.length ? (['keep'] as const) : []),
    ...(executed && kind === 'intervention' ? (['autonomous'] as const) : []),
  ];
  return about.map((one) => approvalIdOf(decisionId, one));
}

/** What happened to a whole cluster, such as a freeze; `*` for all of them. */
export async function clusterEvents(table: Table, clusterId: string): Promise<JobRecords['cluster']> {
  const found: JobRecords['cluster'] = [];
  const key = { ':key': clusterKey(clusterId), ':audit': 'AUDIT#' };
  const events = query(table, { KeyConditionExpression: 'PK = :key AND begins_with(SK, :audit)', ...key });
  for await (const item of events) found.push(parseItem(AuditItem, item));
  return found;
}

async function approvalRecords(table: Table, id: string): Promise<JobRecords['approvals'][number] | null> {
  let approval: ApprovalItem | null = null;
  const audit: JobRecords['approvals'][number]['audit'] = [];
  for await (const item of query(table, { KeyConditionExpression: 'PK = :key', ':key': `APPROVAL#${id}` })) {
    if (item.SK === 'APPROVAL') approval = parseItem(ApprovalItem, item);
    else if (String(item.SK).startsWith('AUDIT#')) audit.push(parseItem(AuditItem, item));
  }
  return approval && { approval, audit };
}

/** What the index says of a row. */
const Listed = z.object({ job_id: z.string(), submitted_at: z.string() });

/** A cluster's rounds, by submission, from `since` on. */
export async function* roundsSince(table: Table, clusterId: string, since: Date | null): AsyncGenerator<Round> {
  const listed = query(table, {
    IndexName: 'listing',
    KeyConditionExpression: 'listing = :key AND listing_key >= :from',
    ':key': clusterKey(clusterId),
    ':from': `PREDICTION#${since?.toISOString() ?? ''}`,
  });
  for await (const item of listed) {
    const { job_id: jobId, submitted_at: submittedAt } = Listed.parse(item);
    yield { clusterId, jobId, submittedAt };
  }
}

async function* query(
  table: Table,
  {
    IndexName,
    KeyConditionExpression,
    ...values
  }: { IndexName?: string; KeyConditionExpression: string } & {
    [value: `:${string}`]: string;
  },
): AsyncGenerator<Record<string, unknown>> {
  let from: Record<string, unknown> | undefined;
  do {
    const page = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        ...(IndexName === undefined ? { ConsistentRead: true } : { IndexName }),
        KeyConditionExpression,
        ExpressionAttributeValues: values,
        ExclusiveStartKey: from,
      }),
    );
    yield* page.Items ?? [];
    from = page.LastEvaluatedKey;
  } while (from);
}
