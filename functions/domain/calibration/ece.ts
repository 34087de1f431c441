import { clip, expectedAbsolute } from './normal.ts';

/** One settled prediction: a probability and the label it met. */
export interface Pair {
  readonly p: number;
  readonly y: 0 | 1;
}

/** A debiased ECE with its 90 % two-sided bounds, and what a perfect model would show on the same sample. */
export interface EceEstimate {
  readonly n: number;
  readonly ece: number;
  readonly lower: number;
  readonly upper: number;
  readonly nullMean: number;
}

const DISPLAY_BINS = 15;
const DECISION_BINS = 10;
/** One-sided 95 % of the standard normal. */
const Z95 = 1.645;

/** Where equal-mass bin `bin` of `bins` ends: sizes differ by at most one, larger parts first. */
export function endOfBin(n: number, bins: number, bin: number): number {
  return (bin + 1) * Math.floor(n / bins) + Math.min(bin + 1, n % bins);
}

/** Columns sorted by p, ties in the order given; null when there is nothing, or anything is not a probability. */
function sorted(pairs: readonly Pair[]): { p: Float64Array; y: Uint8Array } | null {
  if (pairs.length === 0) return null;
  for (const { p, y } of pairs) if (!(p >= 0 && p <= 1) || (y !== 0 && y !== 1)) return null;
  const order = [...pairs].sort((a, b) => a.p - b.p);
  return { p: Float64Array.from(order, (pair) => pair.p), y: Uint8Array.from(order, (pair) => pair.y) };
}

/** One equal-mass bin of a sample that is sorted by p. */
export interface Bin {
  readonly count: number;
  readonly meanP: number;
  readonly positives: number;
  /** Sum of p (1 - p): the variance of the number of positives if the model were perfect. */
  readonly variance: number;
}

function binOf(p: Float64Array, y: Uint8Array, from: number, to: number): Bin {
  let sumP = 0;
  let positives = 0;
  let variance = 0;
  for (let i = from; i < to; i++) {
    const value = p[i] ?? 0;
    sumP += value;
    positives += y[i] ?? 0;
    variance += value * (1 - value);
  }
  return { count: to - from, meanP: sumP / (to - from), positives, variance };
}

/** The bins of a sorted sample; fewer than `bins` where there are fewer samples. */
function binsOf(p: Float64Array, y: Uint8Array, bins: number): Bin[] {
  const result: Bin[] = [];
  let from = 0;
  for (let bin = 0; bin < bins && from < p.length; bin++) {
    const to = endOfBin(p.length, bins, bin);
    result.push(binOf(p, y, from, to));
    from = to;
  }
  return result;
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

/**
 * Plug-in ECE over 15 equal-mass bins (CALIBRATION.md section 1): for display and reports, never for a decision,
 * because it is biased up. Null for an empty sample or one with anything that is not a probability.
 */
export function canonicalEce(pairs: readonly Pair[], bins: number = DISPLAY_BINS): number | null {
  const columns = sorted(pairs);
  return columns === null ? null : eceOfBins(binsOf(columns.p, columns.y, bins));
}

/** The largest gap of the same 15 bins. */
export function largestGap(pairs: readonly Pair[]): number | null {
  const columns = sorted(pairs);
  return columns === null ? null : Math.max(...binsOf(columns.p, columns.y, DISPLAY_BINS).map(gapOf));
}

/** Mean (p - y)^2. */
export function brierScore(pairs: readonly Pair[]): number | null {
  const columns = sorted(pairs);
  if (columns === null) return null;
  return pairs.reduce((sum, { p, y }) => sum + (p - y) ** 2, 0) / pairs.length;
}

/**
 * The canonical ECE that a perfect model would show on average with these probabilities. An ECE is never shown without
 * it: plug-in values are biased up.
 */
export function nullMean(pairs: readonly Pair[], bins: number = DISPLAY_BINS): number | null {
  const columns = sorted(pairs);
  return columns === null ? null : nullMeanOfBins(binsOf(columns.p, columns.y, bins));
}

/**
 * Debiased ECE over 10 equal-mass bins, with bounds (CALIBRATION.md section 1). Every decision uses this one.
 * Null for an empty sample or one with anything that is not a probability: NaN is never a score.
 */
export function debiasedEce(pairs: readonly Pair[]): EceEstimate | null {
  const columns = sorted(pairs);
  return columns === null ? null : estimateOfSorted(columns.p, columns.y);
}

/** As `debiasedEce`, for the first n of columns that are sorted by p already: the fold calls it without building objects. */
export function estimateOfSorted(p: Float64Array, y: Uint8Array, n: number = p.length): EceEstimate {
  let plug = 0;
  let bias = 0;
  let variance = 0;
  let from = 0;
  for (let index = 0; index < DECISION_BINS && from < n; index++) {
    const to = endOfBin(n, DECISION_BINS, index);
    const bin = binOf(p, y, from, to);
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
  const nullMean = nullMeanOfSorted(p, y, n);
  return { n, ece, lower: Math.max(0, ece - margin), upper: ece + margin, nullMean };
}

/** `nullMeanOfBins` over the display bins, without building them. */
function nullMeanOfSorted(p: Float64Array, y: Uint8Array, n: number): number {
  let sum = 0;
  let from = 0;
  for (let index = 0; index < DISPLAY_BINS && from < n; index++) {
    const to = endOfBin(n, DISPLAY_BINS, index);
    const bin = binOf(p, y, from, to);
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
