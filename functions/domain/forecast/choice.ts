import { lossOf } from '../calibration/log-loss.ts';
import { clip } from '../calibration/normal.ts';
import { stretchLength, stretchOf } from '../calibration/stretches.ts';
import { FORECAST } from './numbers.ts';

/**
 * Which forecast has the lower log loss: the one without VGAC's p or the one with it. Labels are kept in blocks of ten, as the sum
 * of their differences and the time of the first, which is enough to treat each stretch of time as one observation.
 */
export interface Choice {
  /** Sums of the newest blocks, in thousandths, positive if p helps; a new one replaces the oldest. */
  readonly gains: Int32Array;
  /** Submission time of each block's first label, in whole seconds since the epoch. */
  readonly times: Float64Array;
  size: number;
  next: number;
  /** The incomplete block. */
  labels: number;
  gain: number;
  time: number;
  /** Whether p is used. */
  withVgac: boolean;
}

const { labels: LABELS, block: BLOCK } = FORECAST.choice;
const BLOCKS = LABELS / BLOCK;
const STEPS = 1000;
/** A block's sum as stored: 16 bits. */
const MOST_STEPS = 32_767;

export function choice(): Choice {
  const ring = { gains: new Int32Array(BLOCKS), times: new Float64Array(BLOCKS), size: 0, next: 0 };
  return { ...ring, labels: 0, gain: 0, time: 0, withVgac: false };
}

/**
 * Adds one label of a job that both had forecast, and chooses again every ten.
 * @param longWaitSeconds T, the minimum length of a stretch
 */
export function compare(
  choice: Choice,
  { withoutVgac, withVgac, y, submittedAt }: { withoutVgac: number; withVgac: number; y: 0 | 1; submittedAt: number },
  longWaitSeconds: number,
): void {
  if (choice.labels === 0) choice.time = Math.floor(submittedAt);
  choice.labels += 1;
  choice.gain += lossOf(withoutVgac, y) - lossOf(withVgac, y);
  if (choice.labels < BLOCK) return;
  choice.gains[choice.next] = Math.round(clip(choice.gain * STEPS, -MOST_STEPS, MOST_STEPS));
  choice.times[choice.next] = choice.time;
  choice.next = (choice.next + 1) % BLOCKS;
  choice.size = Math.min(choice.size + 1, BLOCKS);
  choice.labels = 0;
  choice.gain = 0;
  // The certainty of a gain only matters if there is one.
  choice.withVgac = sumOf(choice) > 0 && (gainOf(choice, longWaitSeconds)?.lower ?? 0) > 0;
}

/** The gain in log loss per label from p, and the lower end of its one-sided 95 % interval. */
export interface Gain {
  readonly labels: number;
  readonly mean: number;
  readonly lower: number;
}

function sumOf({ gains, size }: Choice): number {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += gains[i] ?? 0;
  return sum;
}

/** Null with fewer than 200 labels or 5 stretches. */
export function gainOf({ gains, times, size }: Choice, longWaitSeconds: number): Gain | null {
  const { fewestLabels, fewestStretches, z } = FORECAST.choice;
  const labels = size * BLOCK;
  if (labels < fewestLabels) return null;
  let [first, last, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (let i = 0; i < size; i++) {
    first = Math.min(first, times[i] ?? 0);
    last = Math.max(last, times[i] ?? 0);
    sum += (gains[i] ?? 0) / STEPS;
  }
  const mean = sum / size;
  const length = stretchLength(last - first, longWaitSeconds);
  const sums = new Map<number, number>();
  let blocks = 0;
  for (let i = 0; i < size; i++) {
    const off = (gains[i] ?? 0) / STEPS - mean;
    const stretch = stretchOf(times[i] ?? 0, length);
    sums.set(stretch, (sums.get(stretch) ?? 0) + off);
    blocks += off ** 2;
  }
  const count = sums.size;
  if (count < fewestStretches) return null;
  let stretches = 0;
  for (const off of sums.values()) stretches += off ** 2;
  const variance = Math.max((stretches / size ** 2) * (count / (count - 1)), blocks / size ** 2);
  return { labels, mean: mean / BLOCK, lower: (mean - z * Math.sqrt(variance)) / BLOCK };
}
