/** One settled prediction: a probability and the label it met. */
export interface Pair {
  readonly p: number;
  readonly y: 0 | 1;
}

/** One equal-mass bin of a sample that is sorted by p. */
export interface Bin {
  readonly count: number;
  readonly meanP: number;
  readonly positives: number;
  /** Sum of p (1 - p): the variance of the number of positives if the model were perfect. */
  readonly variance: number;
  /** Sum of p over the positives. */
  readonly positiveP: number;
}

/** What CALIBRATION.md section 1 shows and reports in. */
export const DISPLAY_BINS = 15;

/** Where equal-mass bin `bin` of `bins` ends: sizes differ by at most one, larger parts first. */
export function endOfBin(n: number, bins: number, bin: number): number {
  return (bin + 1) * Math.floor(n / bins) + Math.min(bin + 1, n % bins);
}

/** Whether there is something, and all of it a probability with a label: nothing else ever gets a number. */
export function isSample(pairs: readonly Pair[]): boolean {
  return pairs.length > 0 && pairs.every(({ p, y }) => p >= 0 && p <= 1 && (y === 0 || y === 1));
}

/** In the order of p, equal ones as they came. */
export function byProbability(pairs: readonly Pair[]): Pair[] {
  return [...pairs].sort((a, b) => a.p - b.p);
}

/** The bins of a sample, fewer than `bins` where there are fewer pairs; null where it is none. */
export function binsOf(pairs: readonly Pair[], bins: number = DISPLAY_BINS): Bin[] | null {
  if (!isSample(pairs)) return null;
  const sorted = byProbability(pairs);
  return Array.from({ length: Math.min(bins, sorted.length) }, (_, bin) =>
    binOf(sorted.slice(endOfBin(sorted.length, bins, bin - 1), endOfBin(sorted.length, bins, bin))),
  );
}

function binOf(pairs: readonly Pair[]): Bin {
  const sums = { p: 0, positives: 0, variance: 0, positiveP: 0 };
  for (const { p, y } of pairs) {
    sums.p += p;
    sums.positives += y;
    sums.variance += p * (1 - p);
    sums.positiveP += p * y;
  }
  const { positives, variance, positiveP } = sums;
  return { count: pairs.length, meanP: sums.p / pairs.length, positives, variance, positiveP };
}
