import { expectedAbsolute, Z95 } from './normal.ts';
import { binEnds, DECISION_QUANTILES, DISPLAY_QUANTILES } from './quantile-bins.ts';
import type { ServedSample } from './served-sample.ts';
import { divide, type Stretches, stretchesFor } from './stretches.ts';

/** A debiased ECE with standard error and bounds, and what a perfect model would show on the same sample. */
export interface DebiasedEce {
  readonly n: number;
  readonly ece: number;
  /** Standard error: if 1.645 of it exceed .08, the ECE is not known well enough to be trusted. */
  readonly error: number;
  /** `ece` minus 1.645 standard errors, at least 0. */
  readonly lower: number;
  /** `ece` plus 1.645 standard errors. */
  readonly upper: number;
  /** The mean plug-in ECE of a perfect model over the 15 display bins. */
  readonly nullMean: number;
}

/** Scratch space for the estimates of a sample, allocated once and reused. */
export interface Room {
  readonly stretches: Stretches;
  readonly ends: Uint32Array;
  readonly displayEnds: Uint32Array;
  /** The bin of each job. */
  readonly bin: Uint8Array;
  readonly positives: Float64Array;
  /** Mean of y - q, per bin. */
  readonly gaps: Float64Array;
  /** Per bin, from the summed residuals of each stretch. */
  readonly squares: Float64Array;
  /** Number of stretches with a job, per bin. */
  readonly touched: Uint32Array;
}

const BINS = DECISION_QUANTILES.length + 1;
const DISPLAY_BINS = DISPLAY_QUANTILES.length + 1;
/** Room for samples of at most `capacity` jobs. */
export function roomFor(capacity: number): Room {
  return {
    stretches: stretchesFor(capacity),
    ends: new Uint32Array(BINS),
    displayEnds: new Uint32Array(DISPLAY_BINS),
    bin: new Uint8Array(capacity),
    positives: new Float64Array(BINS),
    gaps: new Float64Array(BINS),
    squares: new Float64Array(BINS),
    touched: new Uint32Array(BINS),
  };
}

/**
 * Debiased ECE over 10 quantile bins with cluster-robust bounds (CALIBRATION.md section 1). Every decision uses this one.
 * The order of ties does not change a single bit of the result.
 *
 * @param sample in ascending order of q
 * @param longWaitSeconds T, the minimum length of a stretch of time
 * @param room scratch space for at least as many jobs; its content does not matter
 * @returns null for an empty sample, or one with an invalid probability or time: NaN is never a score
 */
export function debiasedEce(
  sample: ServedSample,
  longWaitSeconds: number,
  room: Room = roomFor(sample.q.length),
): DebiasedEce | null {
  return divide(sample.submittedAt, longWaitSeconds, room.stretches) ? debiasedEceWithin(sample, room) : null;
}

/** The same for a sample whose stretches are already in `room`, so that a caller that also needs the skill divides once. */
export function debiasedEceWithin(sample: ServedSample, room: Room): DebiasedEce | null {
  const { q } = sample;
  const n = q.length;
  if (!((q[0] ?? -1) >= 0 && (q[n - 1] ?? 2) <= 1)) return null;
  const sorted = (place: number): number => q[place] ?? 0;
  binEnds(n, sorted, DECISION_QUANTILES, room.ends);
  binEnds(n, sorted, DISPLAY_QUANTILES, room.displayEnds);
  sumBins(sample, room);
  sumStretches(sample, room);
  const { ends, positives, gaps, squares, touched } = room;
  let [plug, bias, variance] = [0, 0, 0];
  for (let b = 0, from = 0; b < BINS; b++) {
    const end = ends[b] ?? 0;
    const count = end - from;
    from = end;
    if (count === 0) continue;
    const share = count / n;
    const gap = Math.abs(gaps[b] ?? 0);
    const smoothed = ((positives[b] ?? 0) + 0.5) / (count + 1);
    const s = Math.sqrt(varianceOf(count, smoothed * (1 - smoothed), touched[b] ?? 0, squares[b] ?? 0));
    plug += share * gap;
    bias += share * (expectedAbsolute(gap, s) - gap);
    variance += (share * s) ** 2;
  }
  const ece = Math.max(0, plug - bias);
  const error = Math.sqrt(variance);
  const margin = Z95 * error;
  if (!Number.isFinite(ece)) return null;
  return { n, ece, error, lower: Math.max(0, ece - margin), upper: ece + margin, nullMean: nullMeanOf(q, room) };
}

/** Variance of a bin's mean: that of independent jobs or that between stretches, whichever is larger. */
function varianceOf(count: number, binomial: number, stretches: number, squares: number): number {
  // A stretch is one observation, however many jobs it has.
  if (stretches < 2) return binomial;
  return Math.max(binomial / count, (squares / count ** 2) * (stretches / (stretches - 1)));
}

function sumBins({ q, y }: ServedSample, { ends, bin, positives, gaps }: Room): void {
  for (let b = 0, i = 0; b < BINS; b++) {
    const from = i;
    const end = ends[b] ?? 0;
    let sumQ = 0;
    let sumY = 0;
    for (; i < end; i++) {
      sumQ += q[i] ?? 0;
      sumY += y[i] ?? 0;
      bin[i] = b;
    }
    positives[b] = sumY;
    gaps[b] = (sumY - sumQ) / (end - from);
  }
}

/** A stretch holds its jobs in order of q, so those of one bin are adjacent, and ties give the same sum in any order. */
function sumStretches({ q, y }: ServedSample, room: Room): void {
  const { bin, gaps, squares, touched } = room;
  const { of, order } = room.stretches;
  const n = q.length;
  squares.fill(0);
  touched.fill(0);
  for (let j = 0; j < n; ) {
    const from = j;
    let i = order[j] ?? 0;
    const b = bin[i] ?? 0;
    const stretch = of[i] ?? 0;
    let sumQ = 0;
    let sumY = 0;
    do {
      sumQ += q[i] ?? 0;
      sumY += y[i] ?? 0;
      j += 1;
      if (j === n) break;
      i = order[j] ?? 0;
    } while (bin[i] === b && of[i] === stretch);
    const sum = sumY - sumQ - (j - from) * (gaps[b] ?? 0);
    squares[b] = (squares[b] ?? 0) + sum * sum;
    touched[b] = (touched[b] ?? 0) + 1;
  }
}

/** Gaps of a perfect model are normal with variance sum q(1-q) / n_b^2. */
function nullMeanOf(q: Float64Array, { displayEnds }: Room): number {
  let sum = 0;
  for (let b = 0, i = 0; b < DISPLAY_BINS; b++) {
    const end = displayEnds[b] ?? 0;
    let variance = 0;
    for (; i < end; i++) {
      const p = q[i] ?? 0;
      variance += p * (1 - p);
    }
    sum += Math.sqrt(variance);
  }
  return (sum / q.length) * Math.sqrt(2 / Math.PI);
}
