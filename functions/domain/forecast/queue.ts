import { FORECAST } from './numbers.ts';
import { countSubmission, type Rate, rate } from './rate.ts';
import { addTo, type Recent, recentFor } from './recent.ts';
import { addToQueue, addToShape, shapeIn, type TableCounts, type Tables } from './tables.ts';

/** What a job requests; 0 and '' when unknown. */
export interface Asked {
  readonly gpus: number;
  /** Processors; a fraction if a job requests less than one. */
  readonly procs: number;
  readonly queue: string;
  /** `shapeOf`, cached by callers that replay a whole history. */
  readonly shape?: string;
}

/** What events alone tell about a queue. Jobs and GPUs as counts, times in seconds. */
export interface QueueState {
  pending: number;
  pendingGpus: number;
  running: number;
  /** Running mean of the reported run times. */
  runSeconds: number;
  /** Latest submission, in seconds since the epoch; null before the first. */
  lastSubmitted: number | null;
  readonly rate: Rate;
  /** log(1 + wait) of the last starts. */
  readonly waits: Recent;
  /** The last labels: 1 for a long wait. */
  readonly longs: Recent;
  readonly tables: TableCounts;
  /** Pending and running jobs that left without an event. */
  readonly aged: { pending: number; running: number };
  /** Scheduler snapshots that disagreed with these counts, and by how many jobs in all. */
  readonly corrected: { snapshots: number; jobs: number };
}

export function emptyQueue(): QueueState {
  return {
    pending: 0,
    pendingGpus: 0,
    running: 0,
    runSeconds: FORECAST.run.firstSeconds,
    lastSubmitted: null,
    rate: rate(),
    waits: recentFor(FORECAST.recent.waits),
    longs: recentFor(FORECAST.recent.longs),
    tables: { shapes: 0, queues: 0, additions: 0 },
    aged: { pending: 0, running: 0 },
    corrected: { snapshots: 0, jobs: 0 },
  };
}

/** Jobs with the same GPUs and processors, unrounded, share a shape. */
export function shapeOf({ gpus, procs, shape }: Pick<Asked, 'gpus' | 'procs' | 'shape'>): string {
  return shape ?? `${gpus} ${procs}`;
}

/** @param at seconds since the epoch */
export function submitted(queue: QueueState, tables: Tables, job: Asked, at: number): void {
  queue.pending += 1;
  queue.pendingGpus += job.gpus;
  shapeIn(tables, shapeOf(job)).pending += 1;
  countSubmission(queue.rate, at);
  queue.lastSubmitted = Math.max(queue.lastSubmitted ?? at, at);
}

/** @param waitSeconds from its submission to its start */
export function started(queue: QueueState, tables: Tables, job: Asked, waitSeconds: number): void {
  left(queue, tables, job);
  queue.running += 1;
  const wait = Math.log1p(Math.max(0, waitSeconds));
  addTo(queue.waits, wait);
  addToShape(queue.tables, tables, shapeOf(job), 'waits', wait);
  addToQueue(queue.tables, tables, job.queue, wait);
}

/** A counted job is no longer pending: started, cancelled, or ended without a start. */
export function left(queue: QueueState, tables: Tables, job: Asked): void {
  queue.pending -= 1;
  queue.pendingGpus -= job.gpus;
  const shape = shapeOf(job);
  const row = shapeIn(tables, shape);
  row.pending -= 1;
  if (row.pending <= 0 && row.added === 0) tables.shapes.delete(shape);
}

/** A running job, whose start was counted, has ended. @param runSeconds null if unreported */
export function ended(queue: QueueState, runSeconds: number | null): void {
  queue.running -= 1;
  if (runSeconds !== null) queue.runSeconds += FORECAST.run.step * (runSeconds - queue.runSeconds);
}

/** The scheduler's own counts of its queue; null where it gives none. */
export interface Snapshot {
  readonly pending: number;
  readonly running: number;
  readonly pendingGpus: number | null;
}

/** Replaces the counts from events with the scheduler's own. */
export function correct(queue: QueueState, { pending, running, pendingGpus }: Snapshot): void {
  const off = Math.abs(pending - queue.pending) + Math.abs(running - queue.running);
  if (off > 0) queue.corrected.snapshots += 1;
  queue.corrected.jobs += off;
  queue.pending = pending;
  queue.running = running;
  if (pendingGpus !== null) queue.pendingGpus = pendingGpus;
  else if (pending === 0) queue.pendingGpus = 0;
}

export function labelled(queue: QueueState, tables: Tables, job: Asked, y: 0 | 1): void {
  addTo(queue.longs, y);
  addToShape(queue.tables, tables, shapeOf(job), 'longs', y);
}
