import type { Pair } from '../calibration/bins.ts';
import { debiasedEce } from '../calibration/ece.ts';
import { clip } from '../calibration/normal.ts';

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

/** Difference of debiased ECE; the error is the jackknife that leaves out one block at a time (Efron and Stein 1981). */
export function eceDifference(before: readonly Pair[], after: readonly Pair[], blocks: number): Difference {
  const parts = blocksOf(before.length, blocks);
  const [was, is] = [ordered(before), ordered(after)];
  const without = parts.map(([from, to]) => {
    const rest = (pairs: readonly Placed[]): Placed[] => pairs.filter(({ at }) => at < from || at >= to);
    return eceOf(rest(was)) - eceOf(rest(is));
  });
  const se = (parts.length - 1) * Math.sqrt(variance(without) / parts.length);
  return { gain: eceOf(was) - eceOf(is), se };
}

interface Placed extends Pair {
  readonly at: number;
}

/** Sorted once: what is left of it without a block is sorted still, and sorting that again costs next to nothing. */
function ordered(pairs: readonly Pair[]): Placed[] {
  return pairs.map(({ p, y }, at) => ({ p, y, at })).sort((a, b) => a.p - b.p);
}

/** Beyond noise: above `z` standard errors, and above zero where there is no error at all. NaN is neither. */
export function isBeyondNoise({ gain, se }: Difference, z: number): boolean {
  return gain > 0 && gain > z * se;
}

function eceOf(pairs: readonly Pair[]): number {
  return debiasedEce(pairs)?.ece ?? Number.NaN;
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
