import { byProbability, isSample, type Pair } from './bins.ts';

export const TAIL_THRESHOLDS: readonly number[] = [0.5, 0.6, 0.7, 0.8, 0.9];
/** A mean of fewer says nothing. */
const FEWEST = 5;

/**
 * The largest |mean y - mean p| among the jobs at or above a threshold (CALIBRATION.md section 1). An agent acts on high
 * probabilities, and an average over all jobs hides errors in those few. Takes one job at a time in constant memory.
 */
export class TailSums {
  private readonly thresholds: readonly number[];
  private readonly counts: Float64Array;
  private readonly positives: Float64Array;
  private readonly sums: Float64Array;

  /** @param thresholds rounded like the probabilities, if those are stored with less precision */
  constructor(thresholds: readonly number[] = TAIL_THRESHOLDS) {
    this.thresholds = thresholds;
    this.counts = new Float64Array(thresholds.length);
    this.positives = new Float64Array(thresholds.length);
    this.sums = new Float64Array(thresholds.length);
  }

  /** Jobs must come in ascending order of p: another order would change the last bits of the sums. */
  add(p: number, y: number): void {
    for (let i = 0; i < this.thresholds.length && p >= (this.thresholds[i] ?? 1); i++) {
      this.counts[i] = (this.counts[i] ?? 0) + 1;
      this.positives[i] = (this.positives[i] ?? 0) + y;
      this.sums[i] = (this.sums[i] ?? 0) + p;
    }
  }

  /** Null while no threshold has five jobs at or above it. */
  get gap(): number | null {
    let largest: number | null = null;
    for (const [i, count] of this.counts.entries()) {
      if (count < FEWEST) continue;
      const gap = Math.abs(((this.positives[i] ?? 0) - (this.sums[i] ?? 0)) / count);
      largest = Math.max(largest ?? 0, gap);
    }
    return largest;
  }
}

/** The same for a whole sample in any order; also null for one containing anything but probabilities. */
export function tailGap(pairs: readonly Pair[]): number | null {
  if (!isSample(pairs)) return null;
  const sums = new TailSums();
  for (const { p, y } of byProbability(pairs)) sums.add(p, y);
  return sums.gap;
}
