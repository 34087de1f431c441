import { heldLogit } from '../calibration/normal.ts';
import { FORECAST } from './numbers.ts';
import { type Asked, type QueueState, shapeOf } from './queue.ts';
import { submissionsUntil } from './rate.ts';
import { meanOf } from './recent.ts';
import type { Tables } from './tables.ts';

/** The inputs of the forecast at a job's decision, in order; VGAC's p, which only one of the two models uses, is last. */
export const INPUTS = [
  'jobs pending',
  'jobs running',
  'GPUs pending',
  'mean wait of the last starts',
  'share of long waits of the last labels',
  'GPUs asked',
  'processors asked',
  'hour, sine',
  'hour, cosine',
  'submissions of the last minute',
  'time since the last submission',
  'mean wait of the same shape',
  'share of long waits of the same shape',
  'pending jobs of the same shape',
  'mean wait of the same queue',
  'p of VGAC',
] as const;

export const OWN_INPUTS = INPUTS.length - 1;

const DAY = 86_400;

/**
 * Computes the inputs of a job before it is counted.
 *
 * @param at when it was submitted, in seconds since the epoch
 * @param p VGAC's probability; null if it gave none, which becomes NaN
 */
export function takeInputs(
  queue: QueueState,
  tables: Tables,
  job: Asked,
  { at, p }: { at: number; p: number | null },
  into: Float64Array,
): void {
  const shape = tables.shapes.get(shapeOf(job));
  const ofQueue = tables.queues.get(job.queue);
  const wait = meanOf(queue.waits, 0);
  const long = meanOf(queue.longs, FORECAST.unknown.longs);
  const hour = ((at % DAY) / DAY) * 2 * Math.PI;
  const { lastSubmitted: last } = queue;
  into[0] = log(queue.pending);
  into[1] = log(queue.running);
  into[2] = log(queue.pendingGpus);
  into[3] = wait;
  into[4] = long;
  into[5] = log(job.gpus);
  into[6] = log(job.procs);
  into[7] = Math.sin(hour);
  into[8] = Math.cos(hour);
  into[9] = log(submissionsUntil(queue.rate, at));
  into[10] = last === null ? FORECAST.unknown.sinceLast : log(at - last);
  into[11] = shape === undefined ? wait : meanOf(shape.waits, wait);
  into[12] = shape === undefined ? long : meanOf(shape.longs, long);
  into[13] = shape === undefined ? 0 : log(shape.pending);
  into[14] = ofQueue === undefined ? wait : meanOf(ofQueue.waits, wait);
  into[15] = p === null ? Number.NaN : heldLogit(p);
}

function log(value: number): number {
  return Math.log1p(Math.max(value, 0));
}
