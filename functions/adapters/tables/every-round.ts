import { paginateScan } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { ApprovalItem, AuditItem } from '../../../schemas/items/approval.ts';
import { JobItem } from '../../../schemas/items/job.ts';
import type { Round } from '../../domain/round.ts';
import { approvalKey } from './approval-item.ts';
import { query } from './query.ts';
import { readable, readMany } from './read-many.ts';
import { clusterKey, jobKey, parseItem, type Table } from './table.ts';

/**
 * Every round and every approval, from one scan of the whole table, for the summary of a run on one machine. All other items
 * are skipped.
 *
 * @throws OtherLayout, UnreadableItem
 */
export async function* everyRound(table: Table): AsyncGenerator<{ job: JobItem } | { approval: ApprovalItem }> {
  for await (const page of paginateScan({ client: table.client }, { TableName: table.name })) {
    for (const item of page.Items ?? []) {
      if (item.SK === 'APPROVAL') yield { approval: parseItem(ApprovalItem, item) };
      else if (String(item.SK).startsWith('JOB#')) yield { job: parseItem(JobItem, item) };
    }
  }
}

/** The rows of these rounds in their order; null for missing or unreadable ones. */
export async function loadRounds(table: Table, rounds: readonly Round[]): Promise<(JobItem | null)[]> {
  return (await readMany(table, rounds.map(jobKey))).map((item) => readable(JobItem, item));
}

/** What the index holds of a row. */
const Listed = z.object({ job_id: z.string(), submitted_at: z.string() });

/** A cluster's rounds from `since` on, by submission. */
export async function* roundsSince(table: Table, clusterId: string, since: Date | null): AsyncGenerator<Round> {
  const listed = query(table, {
    IndexName: 'listing',
    KeyConditionExpression: 'listing = :key AND listing_key >= :from',
    ExpressionAttributeValues: {
      ':key': clusterKey(clusterId),
      ':from': `PREDICTION#${since?.toISOString() ?? ''}`,
    },
  });
  for await (const item of listed) {
    const { job_id: jobId, submitted_at: submittedAt } = Listed.parse(item);
    yield { clusterId, jobId, submittedAt };
  }
}

/** Audit records of a whole cluster, such as a freeze; `*` for all clusters. @throws OtherLayout, UnreadableItem */
export async function clusterAudit(table: Table, clusterId: string): Promise<z.infer<typeof AuditItem>[]> {
  const events: z.infer<typeof AuditItem>[] = [];
  const found = query(table, {
    KeyConditionExpression: 'PK = :key AND begins_with(SK, :audit)',
    ExpressionAttributeValues: { ':key': clusterKey(clusterId), ':audit': 'AUDIT#' },
    ConsistentRead: true,
  });
  for await (const item of found) events.push(parseItem(AuditItem, item));
  return events;
}

/** An approval with its audit records, read together; null for an unknown one. @throws OtherLayout, UnreadableItem */
export async function loadAudited(
  table: Table,
  id: string,
): Promise<{ approval: ApprovalItem; audit: z.infer<typeof AuditItem>[] } | null> {
  let approval: ApprovalItem | null = null;
  const audit: z.infer<typeof AuditItem>[] = [];
  const found = query(table, {
    KeyConditionExpression: 'PK = :key',
    ExpressionAttributeValues: { ':key': approvalKey(id).PK },
    ConsistentRead: true,
  });
  for await (const item of found) {
    if (item.SK === 'APPROVAL') approval = parseItem(ApprovalItem, item);
    else if (String(item.SK).startsWith('AUDIT#')) audit.push(parseItem(AuditItem, item));
  }
  return approval && { approval, audit };
}
