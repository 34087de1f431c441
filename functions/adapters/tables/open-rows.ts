import * as z from 'zod';
import type { JobItem } from '../../../schemas/items/job.ts';
import { Job } from '../../../schemas/machines/job-workflow.ts';
import type { Round } from '../../domain/round.ts';
import { query } from './query.ts';
import { clusterKey, type Table } from './table.ts';

/** What the index holds of a row. */
const Listed = z.object({ job_id: z.string(), submitted_at: z.string() });

/** A cluster's rounds that were claimed and never closed, oldest first. The index may lag: load each before acting on it. */
export async function* openRounds(table: Table, clusterId: string): AsyncGenerator<Round> {
  const listed = query(table, {
    IndexName: 'listing',
    KeyConditionExpression: 'listing = :key AND begins_with(listing_key, :rounds)',
    FilterExpression: 'attribute_not_exists(#status)',
    ExpressionAttributeNames: { '#status': 'status' },
    ExpressionAttributeValues: { ':key': clusterKey(clusterId), ':rounds': 'PREDICTION#' },
  });
  for await (const item of listed) {
    const { job_id: jobId, submitted_at: submittedAt } = Listed.parse(item);
    yield { clusterId, jobId, submittedAt };
  }
}

/** The job as it was claimed; null for a row that lacks what a claim writes. */
export function claimedJob(row: JobItem): Job | null {
  const { cluster_id: clusterId, job_id: jobId, submitted_at: submittedAt, proposed_action: proposedAction } = row;
  const { platform, user, queue, namespace, priority, request } = row;
  const described = { platform, user, queue, namespace, priority, request, proposedAction };
  return Job.safeParse({ schemaVersion: 1, clusterId, jobId, submittedAt, ...described }).data ?? null;
}
