import { binEnds, DISPLAY_QUANTILES } from './quantile-bins.ts';

/** One settled prediction: a probability and the label it met. */
export interface Pair {
  readonly p: number;
  readonly y: 0 | 1;
}

/** One quantile bin of a sample; it is never empty. */
export interface Bin {
  readonly count: number;
  readonly meanP: number;
  readonly positives: number;
  /** Sum of p (1 - p): the variance of the number of positives if the model were perfect. */
  readonly variance: number;
  /** Sum of p over the positives. */
  readonly positiveP: number;
}

/** Whether there is something, and all of it a probability with a label: nothing else ever gets a number. */
export function isSample(pairs: readonly Pair[]): boolean {
  return pairs.length > 0 && pairs.every(({ p, y }) => p >= 0 && p <= 1 && (y === 0 || y === 1));
}

/** In ascending order of p. */
export function byProbability(pairs: readonly Pair[]): Pair[] {
  return [...pairs].sort((a, b) => a.p - b.p);
}

/**
 * The 15 quantile bins that people are shown (CALIBRATION.md section 1), those that are empty left out; null where the
 * pairs are no sample. The same to the last bit in whatever order they come.
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
 * As above, of a sample that is in ascending order of p already, ties in any.
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
