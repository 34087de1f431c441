import { isSample, type Pair } from './bins.ts';

const THRESHOLDS = [0.5, 0.6, 0.7, 0.8, 0.9] as const;
/** The mean of fewer says nothing. */
const FEWEST = 5;

/**
 * The largest |mean y - mean p| among the jobs at or above a threshold (CALIBRATION.md section 1): an agent acts on large
 * probabilities, and an average over all jobs hides what is wrong with those few. One job at a time, constant room.
 */
export class TailSums {
  private readonly counts = new Float64Array(THRESHOLDS.length);
  private readonly gaps = new Float64Array(THRESHOLDS.length);

  add(p: number, y: number): void {
    for (let i = 0; i < THRESHOLDS.length && p >= (THRESHOLDS[i] ?? 1); i++) {
      this.counts[i] = (this.counts[i] ?? 0) + 1;
      this.gaps[i] = (this.gaps[i] ?? 0) + y - p;
    }
  }

  /** Null while no threshold has five jobs at or above it. */
  get gap(): number | null {
    let largest: number | null = null;
    for (const [i, count] of this.counts.entries()) {
      if (count >= FEWEST) largest = Math.max(largest ?? 0, Math.abs((this.gaps[i] ?? 0) / count));
    }
    return largest;
  }
}

/** As above, of a whole sample; null too for one with anything that is not a probability. */
export function tailGap(pairs: readonly Pair[]): number | null {
  if (!isSample(pairs)) return null;
  const sums = new TailSums();
  for (const { p, y } of pairs) sums.add(p, y);
  return sums.gap;
}
