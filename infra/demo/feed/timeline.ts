import type * as z from 'zod';
import type { JobCancelled, JobEnded, JobStarted, JobSubmitted } from '../../../schemas/events/collector.ts';
import type { TraceJob } from './trace.ts';

export type CollectorEvent =
  | { type: 'JobSubmitted'; detail: z.infer<typeof JobSubmitted> }
  | { type: 'JobStarted'; detail: z.infer<typeof JobStarted> }
  | { type: 'JobEnded'; detail: z.infer<typeof JobEnded> }
  | { type: 'JobCancelled'; detail: z.infer<typeof JobCancelled> };

/** Events that may be in flight together: they are of the same instant and independent of each other. */
export interface Release {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly events: readonly CollectorEvent[];
}

/**
 * Order within an instant: outcomes of jobs submitted earlier, then submissions, then outcomes of jobs that did not
 * wait. So every label known when a job is submitted arrives before its decision, and no job's own label precedes it.
 */
const EARLIER = 0;
const SUBMISSION = 1;
const AT_ONCE = 2;

const iso = (seconds: number) => new Date(Math.round(seconds * 1000)).toISOString();

function submission(job: TraceJob): CollectorEvent {
  return {
    type: 'JobSubmitted',
    detail: {
      schemaVersion: 1,
      clusterId: job.clusterId,
      platform: job.platform,
      jobId: job.jobId,
      submittedAt: iso(job.submittedAt),
      ...(job.queue !== null && { queue: job.queue }),
      request: {
        gpus: job.gpus,
        cpuMillis: Math.round(job.processors * 1000),
        memoryGb: 0,
      },
    },
  };
}

function roundOf({ clusterId, jobId, submittedAt }: TraceJob) {
  return { schemaVersion: 1 as const, clusterId, jobId, submittedAt: iso(submittedAt) };
}

function departure(job: TraceJob): CollectorEvent {
  const common = roundOf(job);
  const seconds = job.submittedAt + job.waitSeconds;
  if (job.end === 'ended') return ending(job, seconds, 'failed');
  return job.end === 'started'
    ? { type: 'JobStarted', detail: { ...common, startedAt: iso(seconds) } }
    : { type: 'JobCancelled', detail: { ...common, cancelledAt: iso(seconds) } };
}

function ending(job: TraceJob, at: number, state: 'succeeded' | 'failed'): CollectorEvent {
  return { type: 'JobEnded', detail: { ...roundOf(job), endedAt: iso(at), state } };
}

/**
 * The events of a trace in the order in which a collector would have seen them, in groups to be released one after
 * another. Ends of jobs after the last submission or start are left out: nothing can be learned from them any more.
 */
export function timeline(jobs: readonly TraceJob[]): Release[] {
  const moments: { at: number; phase: number; event: CollectorEvent }[] = [];
  let last = 0;
  for (const job of jobs) {
    const left = job.submittedAt + job.waitSeconds;
    moments.push({ at: job.submittedAt, phase: SUBMISSION, event: submission(job) });
    last = Math.max(last, job.submittedAt);
    if (job.end === 'waiting') continue;
    last = Math.max(last, left);
    moments.push({ at: left, phase: job.waitSeconds === 0 ? AT_ONCE : EARLIER, event: departure(job) });
  }
  for (const job of jobs) {
    if (job.end !== 'started' || job.runSeconds === null) continue;
    const end = job.submittedAt + job.waitSeconds + job.runSeconds;
    // After the start of the same instant, in case it ran for no time at all.
    if (end <= last) moments.push({ at: end, phase: AT_ONCE, event: ending(job, end, 'succeeded') });
  }
  moments.sort((a, b) => a.at - b.at || a.phase - b.phase);
  const releases: { at: number; phase: number; events: CollectorEvent[] }[] = [];
  for (const { at, phase, event } of moments) {
    const open = releases.at(-1);
    if (open && open.at === at * 1000 && open.phase === phase) open.events.push(event);
    else releases.push({ at: at * 1000, phase, events: [event] });
  }
  return releases;
}
