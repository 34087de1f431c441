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

/** Visits equal-mass bins of a sample in sorted order: sizes differ by at most one, larger parts first. */
function eachBin(n: number, bins: number, visit: (from: number, to: number) => void): void {
  const size = Math.floor(n / bins);
  const larger = n % bins;
  let from = 0;
  for (let bin = 0; bin < bins && from < n; bin++) {
    const to = from + size + (bin < larger ? 1 : 0);
    visit(from, to);
    from = to;
  }
}

/** Columns sorted by p, ties in the order given; null when there is nothing, or anything is not a probability. */
function sorted(pairs: readonly Pair[]): { p: Float64Array; y: Uint8Array } | null {
  if (pairs.length === 0) return null;
  for (const { p, y } of pairs) if (!(p >= 0 && p <= 1) || (y !== 0 && y !== 1)) return null;
  const order = [...pairs].sort((a, b) => a.p - b.p);
  return { p: Float64Array.from(order, (pair) => pair.p), y: Uint8Array.from(order, (pair) => pair.y) };
}

interface Bin {
  readonly count: number;
  readonly meanP: number;
  readonly positives: number;
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

function gapsOf(p: Float64Array, y: Uint8Array, bins: number): { ece: number; mce: number } {
  let ece = 0;
  let mce = 0;
  eachBin(p.length, bins, (from, to) => {
    const bin = binOf(p, y, from, to);
    const gap = Math.abs(bin.meanP - bin.positives / bin.count);
    ece += (bin.count / p.length) * gap;
    mce = Math.max(mce, gap);
  });
  return { ece, mce };
}

/**
 * Plug-in ECE over 15 equal-mass bins (CALIBRATION.md section 1): for display and reports, never for a decision,
 * because it is biased up. Null for an empty sample or one with anything that is not a probability.
 */
export function canonicalEce(pairs: readonly Pair[], bins: number = DISPLAY_BINS): number | null {
  const columns = sorted(pairs);
  return columns === null ? null : gapsOf(columns.p, columns.y, bins).ece;
}

/** The largest gap of the same 15 bins. */
export function largestGap(pairs: readonly Pair[]): number | null {
  const columns = sorted(pairs);
  return columns === null ? null : gapsOf(columns.p, columns.y, DISPLAY_BINS).mce;
}

/** Mean (p - y)^2. */
export function brierScore(pairs: readonly Pair[]): number | null {
  const columns = sorted(pairs);
  if (columns === null) return null;
  return pairs.reduce((sum, { p, y }) => sum + (p - y) ** 2, 0) / pairs.length;
}

/**
 * The canonical ECE that a perfect model would show on average with these probabilities: every bin gap is then
 * normal around zero with variance sum p(1-p) / n_b^2.
 */
export function nullMean(pairs: readonly Pair[], bins: number = DISPLAY_BINS): number | null {
  const columns = sorted(pairs);
  return columns === null ? null : nullMeanOfSorted(columns.p, columns.y, bins);
}

function nullMeanOfSorted(p: Float64Array, y: Uint8Array, bins: number): number {
  let sum = 0;
  eachBin(p.length, bins, (from, to) => {
    const bin = binOf(p, y, from, to);
    sum += (bin.count / p.length) * expectedAbsolute(0, Math.sqrt(bin.variance) / bin.count);
  });
  return sum;
}

/**
 * Debiased ECE over 10 equal-mass bins, with bounds (CALIBRATION.md section 1). Every decision uses this one.
 * Null for an empty sample or one with anything that is not a probability: NaN is never a score.
 */
export function debiasedEce(pairs: readonly Pair[]): EceEstimate | null {
  const columns = sorted(pairs);
  return columns === null ? null : estimateOfSorted(columns.p, columns.y);
}

/** As `debiasedEce`, for columns that are sorted by p already: the fold calls it without building objects. */
export function estimateOfSorted(p: Float64Array, y: Uint8Array): EceEstimate {
  const n = p.length;
  let plug = 0;
  let bias = 0;
  let variance = 0;
  eachBin(n, DECISION_BINS, (from, to) => {
    const bin = binOf(p, y, from, to);
    const share = bin.count / n;
    const gap = bin.meanP - bin.positives / bin.count;
    const smoothed = (bin.positives + 0.5) / (bin.count + 1);
    const s2 = (smoothed * (1 - smoothed)) / bin.count;
    plug += share * Math.abs(gap);
    bias += share * (expectedAbsolute(gap, Math.sqrt(s2)) - Math.abs(gap));
    variance += share * share * s2;
  });
  const ece = Math.max(0, plug - bias);
  const margin = Z95 * Math.sqrt(variance);
  return {
    n,
    ece,
    lower: Math.max(0, ece - margin),
    upper: ece + margin,
    nullMean: nullMeanOfSorted(p, y, DISPLAY_BINS),
  };
}

/** `clip(1 - 5 ECE, 0, 1)`: 0.85 is ECE 0.03, 0.60 is ECE 0.08. Null for anything that is not a finite ECE. */
export function scoreOf(ece: number | null): number | null {
  if (ece === null || !Number.isFinite(ece) || ece < 0) return null;
  return clip(1 - 5 * ece, 0, 1);
}
