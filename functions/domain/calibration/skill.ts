import { type Room, roomFor } from './debiased-ece.ts';
import { Z99 } from './normal.ts';
import type { ServedSample } from './served-sample.ts';
import { divide } from './stretches.ts';

/** Fewer do not show how much stretches differ. */
const FEWEST_STRETCHES = 5;

/**
 * Whether served probabilities say more than the base rate: long waits had the higher q, with one-sided 99 % confidence
 * (CALIBRATION.md section 4). A constant equal to the base rate is perfectly calibrated and says nothing.
 *
 * @param sample in ascending order of q
 * @param longWaitSeconds T, the minimum length of a stretch of time
 * @param room scratch space for at least as many jobs; its content does not matter
 */
export function skill(sample: ServedSample, longWaitSeconds: number, room?: Room): boolean {
  const bound = skillBound(sample, longWaitSeconds, room);
  return bound !== null && bound > 0;
}

/**
 * The lower 99 % bound of the mean of (q - mean q)(y - mean y), using the larger of the plain and the cluster-robust
 * variance; null with fewer than 5 stretches of time, or if a value is NaN.
 */
export function skillBound(
  sample: ServedSample,
  longWaitSeconds: number,
  room: Room = roomFor(sample.q.length),
): number | null {
  return divide(sample.submittedAt, longWaitSeconds, room.stretches) ? skillBoundWithin(sample, room) : null;
}

/** The same for a sample whose stretches are already in `room`. */
export function skillBoundWithin({ q, y }: ServedSample, { stretches }: Room): number | null {
  const { count, order, ends, sums } = stretches;
  if (count < FEWEST_STRETCHES) return null;
  const n = q.length;
  let meanQ = 0;
  let meanY = 0;
  for (let i = 0; i < n; i++) {
    meanQ += q[i] ?? 0;
    meanY += y[i] ?? 0;
  }
  meanQ /= n;
  meanY /= n;
  // Long and short waits are summed separately, here and below, so that ties give the same sum in any order.
  let mean = 0;
  for (let g = 0, j = 0; g < count; g++) {
    const end = ends[g] ?? 0;
    let all = 0;
    let long = 0;
    for (; j < end; j++) {
      const i = order[j] ?? 0;
      const above = (q[i] ?? 0) - meanQ;
      all += above;
      long += above * (y[i] ?? 0);
    }
    const sum = long - meanY * all;
    sums[g] = sum;
    mean += sum;
  }
  mean /= n;
  let squares = 0;
  for (let g = 0, from = 0; g < count; g++) {
    const end = ends[g] ?? 0;
    squares += ((sums[g] ?? 0) - (end - from) * mean) ** 2;
    from = end;
  }
  let long = 0;
  let short = 0;
  for (let i = 0; i < n; i++) {
    const label = y[i] ?? 0;
    const off = (((q[i] ?? 0) - meanQ) * (label - meanY) - mean) ** 2;
    long += off * label;
    short += off * (1 - label);
  }
  const robust = (squares / n ** 2) * (count / (count - 1));
  const bound = mean - Z99 * Math.sqrt(Math.max(robust, (long + short) / n ** 2));
  return Number.isNaN(bound) ? null : bound;
}
