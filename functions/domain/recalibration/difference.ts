import type { Pair } from '../calibration/bins.ts';
import { debiasedEce, type Room, roomFor } from '../calibration/debiased-ece.ts';
import { clip } from '../calibration/normal.ts';
import { orderOfQ, picked, type ServedSample } from '../calibration/served-sample.ts';

/** How much better one of two forecasts of the same jobs is; positive is better. */
export interface Difference {
  readonly gain: number;
  /** Standard error over contiguous blocks of the sample, since neighbouring jobs share their queue. */
  readonly se: number;
}

/** A single certain mistake must not decide a comparison: the experts are held the same way. */
const FLOOR = 0.001;

/** -log of the probability that was given to what happened, in nats. */
function lossOf({ p, y }: Pair): number {
  const held = clip(p, FLOOR, 1 - FLOOR);
  return -Math.log(y === 1 ? held : 1 - held);
}

/** Mean log loss in nats. */
export function logLoss(pairs: readonly Pair[]): number {
  return mean(pairs.map(lossOf));
}

/** Paired difference of log loss; the error is that of the means of `blocks` contiguous blocks. */
export function lossDifference(before: readonly Pair[], after: readonly Pair[], blocks: number): Difference {
  const gains = before.map((pair, i) => lossOf(pair) - lossOf(after[i] ?? pair));
  const means = blocksOf(gains.length, blocks).map(([from, to]) => mean(gains.slice(from, to)));
  return { gain: mean(gains), se: Math.sqrt(variance(means) / means.length) };
}

/**
 * Difference of debiased ECE; the error is the jackknife that leaves out one block at a time (Efron and Stein 1981).
 *
 * @param before the same jobs as `after`, both in ledger order
 * @param longWaitSeconds T
 */
export function eceDifference(
  before: ServedSample,
  after: ServedSample,
  blocks: number,
  longWaitSeconds: number,
): Difference {
  const parts = blocksOf(before.q.length, blocks);
  const room = roomFor(before.q.length);
  const [was, is] = [orderOfQ(before), orderOfQ(after)];
  const without = parts.map(([from, to]) => {
    // Sorted once: what is left of an order without a block is an order still.
    const rest = (order: Uint32Array): Uint32Array => order.filter((place) => place < from || place >= to);
    return (
      eceOf(picked(before, rest(was)), longWaitSeconds, room) - eceOf(picked(after, rest(is)), longWaitSeconds, room)
    );
  });
  const se = (parts.length - 1) * Math.sqrt(variance(without) / parts.length);
  const gain = eceOf(picked(before, was), longWaitSeconds, room) - eceOf(picked(after, is), longWaitSeconds, room);
  return { gain, se };
}

/** Beyond noise: above `z` standard errors, and above zero where there is no error at all. NaN is neither. */
export function isBeyondNoise({ gain, se }: Difference, z: number): boolean {
  return gain > 0 && gain > z * se;
}

function eceOf(sample: ServedSample, longWaitSeconds: number, room: Room): number {
  return debiasedEce(sample, longWaitSeconds, room)?.ece ?? Number.NaN;
}

function blocksOf(count: number, blocks: number): [number, number][] {
  const parts = Math.min(blocks, count);
  return Array.from({ length: parts }, (_, i) => [
    Math.floor((i * count) / parts),
    Math.floor(((i + 1) * count) / parts),
  ]);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Unbiased; NaN for fewer than two. */
function variance(values: readonly number[]): number {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
}
