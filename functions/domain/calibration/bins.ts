import { binEnds, DISPLAY_QUANTILES } from './quantile-bins.ts';

/** One settled prediction: a probability and the label it met. */
export interface Pair {
  readonly p: number;
  readonly y: 0 | 1;
}

/** One quantile bin of a sample; never empty. */
export interface Bin {
  readonly count: number;
  readonly meanP: number;
  readonly positives: number;
  /** Sum of p (1 - p): the variance of the number of positives if the model were perfect. */
  readonly variance: number;
  /** Sum of p over the positives. */
  readonly positiveP: number;
}

/** Whether the pairs are non-empty and all of them a probability with a label: nothing else is ever scored. */
export function isSample(pairs: readonly Pair[]): boolean {
  return pairs.length > 0 && pairs.every(({ p, y }) => p >= 0 && p <= 1 && (y === 0 || y === 1));
}

/** In ascending order of p. */
export function byProbability(pairs: readonly Pair[]): Pair[] {
  return [...pairs].sort((a, b) => a.p - b.p);
}

/**
 * The 15 quantile bins shown to people (CALIBRATION.md section 1), without empty ones; null when the pairs are no sample.
 * The order of the pairs does not change a single bit of the result.
 */
export function binsOf(pairs: readonly Pair[]): Bin[] | null {
  if (!isSample(pairs)) return null;
  const sorted = byProbability(pairs);
  return binsInOrder(
    sorted.length,
    (place) => sorted[place]?.p ?? 0,
    (place) => sorted[place]?.y ?? 0,
  );
}

/**
 * The same for a sample already in ascending order of p, with ties in any order.
 *
 * @param n at least one
 * @param p the probability at a place from 0
 * @param y its label
 */
export function binsInOrder(n: number, p: (place: number) => number, y: (place: number) => number): Bin[] {
  const ends = binEnds(n, p, DISPLAY_QUANTILES, new Uint32Array(DISPLAY_QUANTILES.length + 1));
  const bins: Bin[] = [];
  let from = 0;
  for (const end of ends) {
    if (end > from) bins.push(binBetween(from, end, p, y));
    from = end;
  }
  return bins;
}

function binBetween(from: number, to: number, p: (place: number) => number, y: (place: number) => number): Bin {
  const sums = { p: 0, positives: 0, variance: 0, positiveP: 0 };
  for (let place = from; place < to; place++) {
    const probability = p(place);
    const label = y(place);
    sums.p += probability;
    sums.positives += label;
    sums.variance += probability * (1 - probability);
    sums.positiveP += probability * label;
  }
  const { positives, variance, positiveP } = sums;
  return { count: to - from, meanP: sums.p / (to - from), positives, variance, positiveP };
}
