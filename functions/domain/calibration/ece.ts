import { type Bin, binsOf, byProbability, DISPLAY_BINS, endOfBin, isSample, type Pair } from './bins.ts';
import { clip, expectedAbsolute } from './normal.ts';

/** A debiased ECE with its 90 % two-sided bounds, and what a perfect model would show on the same sample. */
export interface EceEstimate {
  readonly n: number;
  readonly ece: number;
  readonly lower: number;
  readonly upper: number;
  readonly nullMean: number;
}

const DECISION_BINS = 10;
/** One-sided 95 % of the standard normal. */
const Z95 = 1.645;

/**
 * Running sums over samples in the order of p, ties in the order they came: entry i sums up the first i. Any bin is then
 * a difference, and one pass serves bins of every number.
 */
export interface RunningSums {
  n: number;
  readonly p: Float64Array;
  readonly positives: Float64Array;
  /** Of p (1 - p): the variance of the number of positives if the model were perfect. */
  readonly variance: Float64Array;
}

export function runningSums(capacity: number): RunningSums {
  const column = (): Float64Array => new Float64Array(capacity + 1);
  return { n: 0, p: column(), positives: column(), variance: column() };
}

/** Adds the sample with the next larger p; there has to be room for it. */
function addSample(sums: RunningSums, p: number, y: number): void {
  const { n } = sums;
  sums.p[n + 1] = (sums.p[n] ?? 0) + p;
  sums.positives[n + 1] = (sums.positives[n] ?? 0) + y;
  sums.variance[n + 1] = (sums.variance[n] ?? 0) + p * (1 - p);
  sums.n = n + 1;
}

/** Null when there is nothing, or anything is not a probability. */
function sumsOf(pairs: readonly Pair[]): RunningSums | null {
  if (!isSample(pairs)) return null;
  const sums = runningSums(pairs.length);
  for (const { p, y } of byProbability(pairs)) addSample(sums, p, y);
  return sums;
}

type Part = Pick<Bin, 'count' | 'meanP' | 'positives' | 'variance'>;

function partOf({ p, positives, variance }: RunningSums, from: number, to: number): Part {
  const between = (sums: Float64Array): number => (sums[to] ?? 0) - (sums[from] ?? 0);
  const count = to - from;
  return { count, meanP: between(p) / count, positives: between(positives), variance: between(variance) };
}

const gapOf = ({ meanP, positives, count }: Bin): number => Math.abs(meanP - positives / count);
const sizeOf = (bins: readonly Bin[]): number => bins.reduce((sum, { count }) => sum + count, 0);

/** Sum of n_b / n times the gap: the ECE of a sample that comes in bins. */
export function eceOfBins(bins: readonly Bin[]): number {
  const n = sizeOf(bins);
  return bins.reduce((sum, bin) => sum + (bin.count / n) * gapOf(bin), 0);
}

/** The ECE that a perfect model would show on average with these bins: gaps are normal with variance sum p(1-p) / n_b^2. */
export function nullMeanOfBins(bins: readonly Bin[]): number {
  const n = sizeOf(bins);
  return bins.reduce(
    (sum, { count, variance }) => sum + (count / n) * expectedAbsolute(0, Math.sqrt(variance) / count),
    0,
  );
}

/** The largest gap of a bin (MCE). */
export function largestGapOfBins(bins: readonly Bin[]): number {
  return bins.reduce((most, bin) => Math.max(most, gapOf(bin)), 0);
}

/**
 * Plug-in ECE over 15 equal-mass bins (CALIBRATION.md section 1): for display and reports, never for a decision,
 * because it is biased up. Null for an empty sample or one with anything that is not a probability.
 */
export function canonicalEce(pairs: readonly Pair[]): number | null {
  const bins = binsOf(pairs);
  return bins === null ? null : eceOfBins(bins);
}

/** MCE: the largest gap of the same 15 bins. */
export function largestGap(pairs: readonly Pair[]): number | null {
  const bins = binsOf(pairs);
  return bins === null ? null : largestGapOfBins(bins);
}

/**
 * The canonical ECE that a perfect model would show on average with these probabilities. An ECE is never shown without
 * it: plug-in values are biased up.
 */
export function nullMean(pairs: readonly Pair[]): number | null {
  const bins = binsOf(pairs);
  return bins === null ? null : nullMeanOfBins(bins);
}

/**
 * Debiased ECE over 10 equal-mass bins, with bounds (CALIBRATION.md section 1). Every decision uses this one.
 * Null for an empty sample or one with anything that is not a probability: NaN is never a score.
 */
export function debiasedEce(pairs: readonly Pair[]): EceEstimate | null {
  const sums = sumsOf(pairs);
  return sums === null ? null : estimateOf(sums);
}

/** As `debiasedEce`, for sums that are there already: the fold calls it without building objects. */
export function estimateOf(sums: RunningSums): EceEstimate {
  const { n } = sums;
  let plug = 0;
  let bias = 0;
  let variance = 0;
  for (let index = 0, from = 0; index < DECISION_BINS && from < n; index++) {
    const to = endOfBin(n, DECISION_BINS, index);
    const bin = partOf(sums, from, to);
    const share = bin.count / n;
    const gap = bin.meanP - bin.positives / bin.count;
    const smoothed = (bin.positives + 0.5) / (bin.count + 1);
    const s2 = (smoothed * (1 - smoothed)) / bin.count;
    plug += share * Math.abs(gap);
    bias += share * (expectedAbsolute(gap, Math.sqrt(s2)) - Math.abs(gap));
    variance += share * share * s2;
    from = to;
  }
  const ece = Math.max(0, plug - bias);
  const margin = Z95 * Math.sqrt(variance);
  return { n, ece, lower: Math.max(0, ece - margin), upper: ece + margin, nullMean: nullMeanOf(sums) };
}

/** `nullMeanOfBins` over the display bins, without building them. */
function nullMeanOf(sums: RunningSums): number {
  const { n } = sums;
  let sum = 0;
  for (let index = 0, from = 0; index < DISPLAY_BINS && from < n; index++) {
    const to = endOfBin(n, DISPLAY_BINS, index);
    const bin = partOf(sums, from, to);
    sum += (bin.count / n) * expectedAbsolute(0, Math.sqrt(bin.variance) / bin.count);
    from = to;
  }
  return sum;
}

/** `clip(1 - 5 ECE, 0, 1)`: 0.85 is ECE 0.03, 0.60 is ECE 0.08. Null for anything that is not a finite ECE. */
export function scoreOf(ece: number | null): number | null {
  if (ece === null || !Number.isFinite(ece) || ece < 0) return null;
  return clip(1 - 5 * ece, 0, 1);
}
