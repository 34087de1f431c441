import { debiasedEce, type Room, roomFor } from '../calibration/debiased-ece.ts';
import { lossOf } from '../calibration/log-loss.ts';
import { orderOfQ, picked, type ServedSample } from '../calibration/served-sample.ts';
import { divide, stretchesFor } from '../calibration/stretches.ts';

/** How much better one of two forecasts of the same jobs is; positive is better. */
export interface Difference {
  readonly gain: number;
  /** Standard error over blocks of time, since neighbouring jobs share their queue. */
  readonly se: number;
}

/** Jobs in blocks of time: what is in one block counts as one fact. */
export interface Blocks {
  readonly count: number;
  /** The block of each job. */
  readonly of: Uint32Array;
}

/**
 * Divides jobs into at most `most` blocks of about the same size, by time of submission. None splits a stretch of time
 * (CALIBRATION.md section 1): a burst of jobs has one queue and one fate, and is in one block with all of it.
 *
 * @param submittedAt seconds since the epoch
 * @param longWaitSeconds T
 */
export function blocksOf(submittedAt: Float64Array, most: number, longWaitSeconds: number): Blocks {
  const n = submittedAt.length;
  const stretches = stretchesFor(n);
  const of = new Uint32Array(n);
  if (n === 0 || !divide(submittedAt, longWaitSeconds, stretches)) return { count: 0, of };
  let count = 0;
  let current = -1;
  for (let g = 0, j = 0; g < stretches.count; g++) {
    const block = Math.floor((j * most) / n);
    if (block !== current) count += 1;
    current = block;
    for (const end = stretches.ends[g] ?? 0; j < end; j++) of[stretches.order[j] ?? 0] = count - 1;
  }
  return { count, of };
}

/** Mean log loss in nats. */
export function logLoss({ q, y }: ServedSample): number {
  let sum = 0;
  for (let i = 0; i < q.length; i++) sum += lossOf(q[i] ?? Number.NaN, y[i] ?? 0);
  return sum / q.length;
}

/**
 * Paired difference of log loss in nats. The error is the larger of that of independent jobs and that of their blocks.
 *
 * @param before the same jobs as `after`, in the same order
 */
export function lossDifference(before: ServedSample, after: ServedSample, blocks: Blocks): Difference {
  const n = before.q.length;
  const gains = Float64Array.from(before.q, (q, i) => {
    const y = before.y[i] ?? 0;
    return lossOf(q, y) - lossOf(after.q[i] ?? Number.NaN, y);
  });
  const gain = gains.reduce((sum, one) => sum + one, 0) / n;
  const sums = new Float64Array(blocks.count);
  let plain = 0;
  for (let i = 0; i < n; i++) {
    const off = (gains[i] ?? 0) - gain;
    const block = blocks.of[i] ?? 0;
    sums[block] = (sums[block] ?? 0) + off;
    plain += off ** 2;
  }
  const robust = sums.reduce((sum, one) => sum + one ** 2, 0) * (blocks.count / (blocks.count - 1));
  return { gain, se: Math.sqrt(Math.max(robust, plain)) / n };
}

/**
 * Difference of debiased ECE; the error is the jackknife that leaves out one block at a time (Efron and Stein 1981).
 *
 * @param before the same jobs as `after`, in the same order
 * @param longWaitSeconds T
 */
export function eceDifference(
  before: ServedSample,
  after: ServedSample,
  blocks: Blocks,
  longWaitSeconds: number,
): Difference {
  const room = roomFor(before.q.length);
  const [was, is] = [orderOfQ(before), orderOfQ(after)];
  const gainOf = (left: (order: Uint32Array) => Uint32Array): number =>
    eceOf(picked(before, left(was)), longWaitSeconds, room) - eceOf(picked(after, left(is)), longWaitSeconds, room);
  const without = Float64Array.from({ length: blocks.count }, (_, block) =>
    // Sorted once: what is left of an order without a block is an order still.
    gainOf((order) => order.filter((place) => blocks.of[place] !== block)),
  );
  const centre = without.reduce((sum, one) => sum + one, 0) / blocks.count;
  const spread = without.reduce((sum, one) => sum + (one - centre) ** 2, 0);
  return { gain: gainOf((order) => order), se: Math.sqrt(spread * (1 - 1 / blocks.count)) };
}

/**
 * Beyond noise: above the standard error by as much as Student's t for so few blocks asks where the normal distribution asks `z`,
 * and above zero where there is no error at all. NaN is neither.
 */
export function isBeyondNoise({ gain, se }: Difference, z: number, blocks: number): boolean {
  return gain > 0 && gain > studentOf(z, blocks - 1) * se;
}

/** The quantile of Student's t where the normal one is `z`: Cornish and Fisher's expansion, to about 1 % from 4 degrees on. */
function studentOf(z: number, degrees: number): number {
  const [z3, z5, z7] = [z ** 3, z ** 5, z ** 7];
  const first = (z3 + z) / (4 * degrees);
  const second = (5 * z5 + 16 * z3 + 3 * z) / (96 * degrees ** 2);
  return z + first + second + (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * degrees ** 3);
}

function eceOf(sample: ServedSample, longWaitSeconds: number, room: Room): number {
  return debiasedEce(sample, longWaitSeconds, room)?.ece ?? Number.NaN;
}
