import type { JobItem } from '../../schemas/items/job.ts';

type Known = Pick<JobItem, 'started_at' | 'ended_at' | 'cancelled_at'>;

/**
 * Why a round is no longer waiting to start, as the end of a sentence; null while it waits. Once it has ended, no answer to a
 * question about it can be carried out.
 */
export function whyNotPending(row: Known | null): string | null {
  if (row?.cancelled_at !== undefined) return `the job was cancelled, ${clock(row.cancelled_at)}`;
  if (row?.started_at !== undefined) return `the job started, ${clock(row.started_at)}`;
  if (row?.ended_at !== undefined) return `the job ended, ${clock(row.ended_at)}`;
  return null;
}

const clock = (instant: string) => `${instant.slice(0, 10)} ${instant.slice(11, 16)} UTC`;
