import { basename } from 'node:path';
import * as z from 'zod';
import { ClusterId, JobId, Platform, Text } from '../../../schemas/primitives.ts';
import { noFaults, note } from '../../replay/import/faults.ts';
import { readHistory } from '../../replay/import/history.ts';
import { Rounds } from '../../replay/import/rounds.ts';
import type { Row } from '../../replay/import/row.ts';
import type { Zone } from '../../replay/import/zone.ts';

/** A file that cannot be read as a trace; the message says what to do about it. */
export class UnreadableTrace extends Error {
  override readonly name = 'UnreadableTrace' as const;
}

/** One round of a trace. Times are seconds since the epoch, durations seconds. */
export interface TraceJob {
  readonly clusterId: string;
  readonly platform: Platform;
  readonly jobId: string;
  readonly submittedAt: number;
  /** How it left the queue and after how long: infinity if it still waits at the end of the file. */
  readonly end: 'started' | 'cancelled' | 'ended' | 'waiting';
  readonly waitSeconds: number;
  readonly runSeconds: number | null;
  readonly gpus: number;
  readonly processors: number;
  readonly queue: string | null;
  /** The file's own prediction; null if it has none. */
  readonly pLongWait: number | null;
  readonly predictedWaitSeconds: number | null;
}

export interface Problem {
  readonly line: number;
  readonly reason: string;
}

export interface Trace {
  /** By submit time; equal times in file order. */
  readonly jobs: readonly TraceJob[];
  /** Clusters in order of appearance, each with the platform of its first job. */
  readonly clusters: readonly { clusterId: string; platform: Platform }[];
  /** The first skipped rows, by line. */
  readonly problems: readonly Problem[];
  /** How many rows were skipped. */
  readonly skipped: number;
  /** What had to be assumed, as sentences. */
  readonly notes: readonly string[];
}

const YEAR_2000 = 946_684_800;
const YEAR_2100 = 4_102_444_800;
/** A file that does not name its platform is taken for a log of batch jobs. */
const DEFAULT_PLATFORM = 'slurm';
const LONGEST_SECONDS = 10 * 365 * 86_400;

/** The values that an event can carry. */
const Carried = z.object({
  clusterId: ClusterId,
  platform: Platform,
  jobId: JobId,
  submittedAt: z.number().max(YEAR_2100 - 1, 'use a time before the year 2100'),
  waitSeconds: z.union([z.literal(Number.POSITIVE_INFINITY), z.number().max(LONGEST_SECONDS)]),
  queue: Text.nullable(),
});

/**
 * Reads a trace with the reader of the back-test, in every format it supports; a job array is one round. Rows that
 * cannot be read, or that no event could carry, are skipped and reported.
 *
 * @param zone time zone of times without one
 * @throws UnreadableTrace when it is not a job history, or no row is usable
 */
export async function readTrace(path: string, { zone }: { zone?: Zone | undefined } = {}): Promise<Trace> {
  const faults = noFaults();
  const jobs: TraceJob[] = [];
  const clusters = new Map<string, { readonly platform: Platform; readonly rounds: Rounds }>();
  // For a log that counts from its own start, which is moved to the year 2000.
  let shift: number | null = null;
  const add = (row: Row): void => {
    jobs.push(jobOf(row, clusterOf(row, path), shift ?? 0));
  };
  const onRow = (row: Row): void => {
    shift ??= row.submittedAt < YEAR_2000 ? YEAR_2000 : 0;
    const job = Carried.safeParse({
      ...jobOf(row, clusterOf(row, path), shift),
      platform: row.platform === '' ? DEFAULT_PLATFORM : row.platform,
    });
    if (!job.success) {
      const [issue] = job.error.issues;
      note(faults, row.line, `${issue?.path.join('.')}: ${issue?.message}`);
      return;
    }
    const { clusterId, platform } = job.data;
    const cluster = clusters.get(clusterId) ?? { platform, rounds: new Rounds(add) };
    clusters.set(clusterId, cluster);
    cluster.rounds.add(row);
  };
  const options = { mapping: new Map(), longWaitSeconds: Number.POSITIVE_INFINITY, sorted: true, onRead: () => {} };
  await readHistory(path, { ...options, zone }, faults, onRow).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  for (const { rounds } of clusters.values()) rounds.end();
  const [first] = faults.first;
  if (jobs.length === 0) {
    const why =
      first === undefined
        ? 'it has no rows'
        : `the first of ${faults.count} bad rows is line ${first.line}, ${first.fault}`;
    throw new UnreadableTrace(`${path} contains no usable job: ${why}.`);
  }
  return {
    // Rounds of each cluster are buffered for a while; the sort is stable, so jobs of the same second stay in file
    // order.
    jobs: jobs.sort((a, b) => a.submittedAt - b.submittedAt),
    clusters: [...clusters].map(([clusterId, { platform }]) => ({ clusterId, platform })),
    problems: faults.first.map(({ line, fault }) => ({ line, reason: fault })).sort((a, b) => a.line - b.line),
    skipped: faults.count,
    notes: faults.notes,
  };
}

function unreadable(path: string, cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause;
  if (cause.name === 'UnusableFile') return new UnreadableTrace(`${path} is not a trace: ${cause.message}.`, { cause });
  if (!('code' in cause)) return cause;
  return String(cause.code).startsWith('Z')
    ? new UnreadableTrace(`The trace ${path} is a damaged gzip file: download it again.`, { cause })
    : new UnreadableTrace(`Cannot read the trace ${path}: check that the file exists and is readable.`, { cause });
}

/** A file that names no cluster gives the cluster its own name. */
function clusterOf({ clusterId }: Row, path: string): string {
  if (clusterId !== '') return clusterId;
  const name = basename(path)
    .replace(/\..*$/, '')
    .replaceAll(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^[-_]+/, '');
  return name === '' ? 'cluster' : name;
}

function jobOf(row: Row, clusterId: string, shift: number): TraceJob {
  const { gpus, procs, queue, runSeconds, p, predictedWaitSeconds } = row;
  return {
    clusterId,
    platform: Platform.catch(DEFAULT_PLATFORM).parse(row.platform),
    jobId: row.jobId(),
    submittedAt: row.submittedAt + shift,
    ...departureOf(row),
    runSeconds: known(runSeconds),
    gpus: Math.ceil(known(gpus) ?? 0),
    processors: known(procs) ?? 1,
    queue: queue === '' ? null : queue,
    pLongWait: known(p),
    predictedWaitSeconds: known(predictedWaitSeconds),
  };
}

function departureOf(row: Row): Pick<TraceJob, 'end' | 'waitSeconds'> {
  const { waitSeconds, leftAt, submittedAt, labelAt, longWait, censored } = row;
  if (row.started) return { end: 'started', waitSeconds };
  if (!Number.isNaN(leftAt)) return { end: censored ? 'cancelled' : 'ended', waitSeconds: leftAt - submittedAt };
  // In a file with only labels, a label implies the start of a job that did not wait long.
  if (!longWait && !censored) return { end: 'started', waitSeconds: labelAt - submittedAt };
  return { end: 'waiting', waitSeconds: Number.POSITIVE_INFINITY };
}

function known(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
