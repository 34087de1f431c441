import { createHash } from 'node:crypto';
import type { JobItem } from '../../schemas/items/job.ts';

/** One submission of a job. A requeue or a reused id is a new round; an array is one round. */
export interface Round {
  readonly clusterId: string;
  /** For an array, the array's own id. */
  readonly jobId: string;
  /** ISO 8601. Two spellings of one instant are one round. */
  readonly submittedAt: string;
}

/** The canonical form of an instant, UTC with milliseconds, whose text sorts by time. Anything else stays unchanged. */
export function canonicalInstant(instant: string): string {
  const at = Date.parse(instant);
  return Number.isNaN(at) ? instant : new Date(at).toISOString();
}

/** The same from seconds since the epoch, as used in ledger and traces. */
export function instantOf(seconds: number): string {
  return new Date(Math.round(seconds * 1000)).toISOString();
}

/** Seconds since the epoch. */
export function secondsOf(instant: string): number {
  return Date.parse(instant) / 1000;
}

/** A job id as part of a key, escaped so that nothing in it can be taken for the `#` separator. */
export function escapedJobId(jobId: string): string {
  return encodeURIComponent(jobId);
}

/** The round's name within its cluster: `{jobId}#{submittedAt}`, escaped and canonical. */
export function roundKey({ jobId, submittedAt }: Omit<Round, 'clusterId'>): string {
  return `${escapedJobId(jobId)}#${canonicalInstant(submittedAt)}`;
}

/** The round as text with length prefixes, so that no two rounds share a text. */
export function roundText({ clusterId, jobId, submittedAt }: Round): string {
  return `${clusterId.length}:${clusterId}${jobId.length}:${jobId}${canonicalInstant(submittedAt)}`;
}

/** Eight bytes that identify the round where many are kept together; decision ids begin with them. */
export function roundHash(round: Round): Uint8Array {
  return roundDigest(round).subarray(0, 8);
}

/** The whole SHA-256 hash; ids take as much of it as they need. */
export function roundDigest(round: Round): Uint8Array {
  return createHash('sha256').update(roundText(round)).digest();
}

export interface ArrayPart {
  /** The array's id, or the job's own if it is not in an array. */
  readonly jobId: string;
  /** `whole`: the job or its whole array · `pending`: the tasks of an array that still wait · `task`: one task. */
  readonly part: 'whole' | 'pending' | 'task';
}

/** Slurm: `123_4` is one task, `123_[5-9%2]` the tasks that still wait. */
const SLURM = /^(\d+)_(\d+|\[[^\]]*\])$/;
/** AWS Batch: the uuid of the array job and the index of its child. */
const BATCH = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):\d+$/i;

/** Which array an id belongs to, and which part of it the id means. */
export function arrayPart(id: string): ArrayPart {
  const [, slurm, tasks] = SLURM.exec(id) ?? [];
  if (slurm !== undefined) return { jobId: slurm, part: tasks?.startsWith('[') ? 'pending' : 'task' };
  const [, batch] = BATCH.exec(id) ?? [];
  return batch === undefined ? { jobId: id, part: 'whole' } : { jobId: batch, part: 'task' };
}

/** The round of a stored row. */
export const roundOf = ({ cluster_id, job_id, submitted_at }: JobItem): Round => ({
  clusterId: cluster_id,
  jobId: job_id,
  submittedAt: submitted_at,
});
