import * as z from 'zod';
import { ClusterId, JobId, Platform, Text } from '../../../schemas/primitives.ts';
import { parseCsv, readText, UnreadableTrace } from './csv.ts';

/** One job of a trace. Times are seconds since the epoch, durations seconds. */
export interface TraceJob {
  readonly clusterId: string;
  readonly platform: Platform;
  readonly jobId: string;
  readonly submittedAt: number;
  /** How it left the queue, and after how long. */
  readonly end: 'started' | 'cancelled';
  readonly waitSeconds: number;
  readonly runSeconds: number | null;
  readonly gpus: number;
  readonly processors: number;
  readonly queue: string | null;
  /** The file's own prediction; null where it has none. */
  readonly pLongWait: number | null;
  readonly predictedWaitSeconds: number | null;
}

export interface Problem {
  readonly line: number;
  readonly reason: string;
}

export interface Trace {
  readonly format: 'replay' | 'trace';
  /** By submit time; equal times in file order. */
  readonly jobs: readonly TraceJob[];
  /** Clusters in order of appearance, each with the platform of its first job. */
  readonly clusters: readonly { clusterId: string; platform: Platform }[];
  /** Rows that were skipped, by line. */
  readonly problems: readonly Problem[];
}

const DIGITS = /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** Number() would take an empty field for zero. */
const decimal = z
  .string()
  .regex(DIGITS, 'use a number')
  .transform(Number)
  .refine(Number.isFinite, 'use a finite number');
const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((text) => (text === '' || text === undefined ? null : text), schema.nullable());

const YEAR_2000 = 946_684_800;
const YEAR_2100 = 4_102_444_800;
const instant = decimal.pipe(
  z
    .number()
    .min(YEAR_2000, 'use seconds since 1970')
    .max(YEAR_2100 - 1, 'use seconds since 1970, not milliseconds'),
);
const wait = decimal.pipe(
  z
    .number()
    .min(0, 'cannot be negative')
    .max(10 * 365 * 86_400),
);

const ReplayRow = z.object({
  submitted_at: instant,
  cluster_id: ClusterId,
  platform: Platform,
  job_id: JobId,
  p_long_wait: decimal.pipe(z.number().min(0).max(1)),
  predicted_wait_s: optional(wait),
  actual_wait_s: wait,
});

/** Archives in the Standard Workload Format write -1 for what they do not know. */
const known = <T extends z.ZodType>(schema: T) =>
  z.preprocess((text) => (typeof text === 'string' && /^-1(\.0*)?$/.test(text) ? null : text), optional(schema));

const TraceRow = z.object({
  job_id: JobId,
  cluster: ClusterId,
  platform: Platform,
  submit_ts: instant,
  wait_s: wait,
  gpus: known(decimal.pipe(z.number().min(0).max(100_000))),
  queue: optional(Text),
  run_s: known(wait),
  procs: known(decimal.pipe(z.number().min(0).max(1_000_000))),
  censored: optional(z.enum(['0', '1'])),
});

function fromReplay(row: z.infer<typeof ReplayRow>): TraceJob {
  return {
    clusterId: row.cluster_id,
    platform: row.platform,
    jobId: row.job_id,
    submittedAt: row.submitted_at,
    end: 'started',
    waitSeconds: row.actual_wait_s,
    runSeconds: null,
    gpus: 1,
    processors: 1,
    queue: null,
    pLongWait: row.p_long_wait,
    predictedWaitSeconds: row.predicted_wait_s,
  };
}

function fromTrace(row: z.infer<typeof TraceRow>): TraceJob {
  return {
    clusterId: row.cluster,
    platform: row.platform,
    jobId: row.job_id,
    submittedAt: row.submit_ts,
    // A censored job left the queue after this wait without having started.
    end: row.censored === '1' ? 'cancelled' : 'started',
    waitSeconds: row.wait_s,
    runSeconds: row.run_s,
    gpus: Math.ceil(row.gpus ?? 0),
    processors: row.procs ?? 1,
    queue: row.queue,
    pLongWait: null,
    predictedWaitSeconds: null,
  };
}

const FORMATS = {
  replay: {
    columns: Object.keys(ReplayRow.shape),
    job: (fields: unknown) => mapped(ReplayRow.safeParse(fields), fromReplay),
  },
  trace: {
    columns: ['job_id', 'cluster', 'platform', 'submit_ts', 'wait_s'],
    job: (fields: unknown) => mapped(TraceRow.safeParse(fields), fromTrace),
  },
} as const;

function mapped<T>(result: z.ZodSafeParseResult<T>, toJob: (row: T) => TraceJob): TraceJob | string {
  if (result.success) return toJob(result.data);
  return result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
}

/**
 * Parses both formats of CALIBRATION.md section 8, told apart by their columns. Malformed rows are skipped and reported.
 * Throws UnreadableTrace when the header is of neither format or no row is usable.
 */
export function parseTrace(text: string, name: string): Trace {
  const { header, rows, problems: found } = parseCsv(text);
  const has = (columns: readonly string[]) => columns.every((column) => header.includes(column));
  const format = has(FORMATS.replay.columns) ? 'replay' : has(FORMATS.trace.columns) ? 'trace' : null;
  if (format === null) {
    throw new UnreadableTrace(
      `${name} is no trace: its first line must name the columns ${FORMATS.trace.columns.join(',')} ` +
        `or ${FORMATS.replay.columns.join(',')}.`,
    );
  }
  const problems: Problem[] = [...found];
  const jobs: TraceJob[] = [];
  for (const { line, fields } of rows) {
    const job = FORMATS[format].job(fields);
    if (typeof job === 'string') problems.push({ line, reason: job });
    else jobs.push(job);
  }
  if (jobs.length === 0) {
    const first = problems[0];
    const why =
      first === undefined
        ? 'it has no rows'
        : `the first of ${problems.length} bad rows is line ${first.line}, ${first.reason}`;
    throw new UnreadableTrace(`${name} holds no usable job: ${why}.`);
  }
  problems.sort((a, b) => a.line - b.line);
  // Stable, so that jobs of the same second stay in file order.
  jobs.sort((a, b) => a.submittedAt - b.submittedAt);
  const clusters = new Map<string, Platform>();
  for (const job of jobs) if (!clusters.has(job.clusterId)) clusters.set(job.clusterId, job.platform);
  return { format, jobs, clusters: [...clusters].map(([clusterId, platform]) => ({ clusterId, platform })), problems };
}

/** Reads a trace from a file, gzip or plain. Throws UnreadableTrace. */
export async function readTrace(path: string): Promise<Trace> {
  return parseTrace(await readText(path), path);
}
