import { type Bin, binsOf, type Pair } from './bins.ts';
import { clip, expectedAbsolute } from './normal.ts';

const gapOf = ({ meanP, positives, count }: Bin): number => Math.abs(meanP - positives / count);
const sizeOf = (bins: readonly Bin[]): number => bins.reduce((sum, { count }) => sum + count, 0);

/** The ECE of a binned sample: the sum of n_b / n times the gap. */
export function eceOfBins(bins: readonly Bin[]): number {
  const n = sizeOf(bins);
  return bins.reduce((sum, bin) => sum + (bin.count / n) * gapOf(bin), 0);
}

/** The mean ECE of a perfect model with these bins: gaps are normal with variance sum p(1-p) / n_b^2. */
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
 * Plug-in ECE over 15 quantile bins (CALIBRATION.md section 1). For display and reports, never for a decision, because it is
 * biased upwards. Null for an empty sample, or one containing anything but probabilities.
 */
export function canonicalEce(pairs: readonly Pair[]): number | null {
  const bins = binsOf(pairs);
  return bins === null ? null : eceOfBins(bins);
}

/** MCE: the largest gap over the same 15 bins. */
export function largestGap(pairs: readonly Pair[]): number | null {
  const bins = binsOf(pairs);
  return bins === null ? null : largestGapOfBins(bins);
}

/**
 * The mean canonical ECE of a perfect model with these probabilities. An ECE is never shown without it, because plug-in values
 * are biased upwards.
 */
export function nullMean(pairs: readonly Pair[]): number | null {
  const bins = binsOf(pairs);
  return bins === null ? null : nullMeanOfBins(bins);
}

/** `clip(1 - 5 ECE, 0, 1)`: 0.85 is ECE 0.03, 0.60 is ECE 0.08. Null unless the ECE is finite. */
export function scoreOf(ece: number | null): number | null {
  if (ece === null || !Number.isFinite(ece) || ece < 0) return null;
  return clip(1 - 5 * ece, 0, 1);
}
