import { type Bin, binsOf, type Pair } from './bins.ts';

/**
 * A Brier score and its parts: `brier = reliability - resolution + uncertainty + withinBin`.
 * The first three are Murphy's (J. Appl. Meteorol. 12, 1973); by themselves they add up only if all p of a bin are equal.
 * The last is the remainder within the bins: the variance of p minus twice its covariance with y (Stephenson, Coelho,
 * Jolliffe, Weather and Forecasting 23, 2008).
 */
export interface BrierParts {
  readonly brier: number;
  /** Squared gaps of the bins: 0 is perfectly calibrated. */
  readonly reliability: number;
  /** How far the bins differ from the base rate: higher is better. */
  readonly resolution: number;
  /** Variance of the label itself, which the model cannot influence. */
  readonly uncertainty: number;
  readonly withinBin: number;
}

/** Mean (p - y)^2 with its decomposition over the same bins as the ECE; null without bins. */
export function brierOfBins(bins: readonly Bin[]): BrierParts | null {
  const n = bins.reduce((sum, { count }) => sum + count, 0);
  if (n === 0) return null;
  const baseRate = bins.reduce((sum, { positives }) => sum + positives, 0) / n;
  let [brier, reliability, resolution, withinBin] = [0, 0, 0, 0];
  for (const { count, meanP, positives, variance, positiveP } of bins) {
    const rate = positives / count;
    const squares = count * meanP - variance;
    brier += squares - 2 * positiveP + positives;
    reliability += count * (meanP - rate) ** 2;
    resolution += count * (rate - baseRate) ** 2;
    withinBin += squares - count * meanP ** 2 - 2 * (positiveP - count * meanP * rate);
  }
  return {
    // Terms that cancel may sum to a rounding error below 0.
    brier: Math.max(0, brier / n),
    reliability: reliability / n,
    resolution: resolution / n,
    uncertainty: baseRate * (1 - baseRate),
    withinBin: withinBin / n,
  };
}

/** Null for an empty sample, or one containing anything but probabilities. */
export function brierParts(pairs: readonly Pair[]): BrierParts | null {
  return brierOfBins(binsOf(pairs) ?? []);
}

/** Mean (p - y)^2. */
export function brierScore(pairs: readonly Pair[]): number | null {
  return brierParts(pairs)?.brier ?? null;
}
