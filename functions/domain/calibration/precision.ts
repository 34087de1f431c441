import { NUMBERS, type Numbers } from '../thresholds.ts';
import type { EvidenceRing } from './evidence-ring.ts';
import { Z90 } from './normal.ts';
import { stretchLength, stretchOf } from './stretches.ts';

/** The minimum correlation assumed within a stretch: 20 jobs of an array that all waited are one observation. */
const SHARED = 0.25;

/** A summary of a tier's evidence. */
export interface Precision {
  readonly labels: number;
  readonly right: number;
  readonly stretches: number;
  /** Lower end of Wilson's one-sided 90 % interval on the effective number of labels; 0 while evidence is too thin. */
  readonly bound: number;
}

/** The lower bound on the share of a tier's evidence that was right, cached until the labels change. */
export function precisionBound(ring: EvidenceRing, longWaitSeconds: number, numbers: Numbers = NUMBERS): number {
  ring.bound ??= precisionOf(ring, longWaitSeconds, numbers).bound;
  return ring.bound;
}

/**
 * How often q >= eps was right (CALIBRATION.md section 4, rule 4). The number of labels is reduced to their effective number,
 * since jobs of one stretch share their fate: by the cluster-robust variance, and by a minimum correlation if nothing varies.
 */
export function precisionOf(
  ring: EvidenceRing,
  longWaitSeconds: number,
  { gate: { evidence } }: Numbers = NUMBERS,
): Precision {
  const { size: n } = ring;
  const { sums, sizes, ones } = byStretch(ring, longWaitSeconds);
  const stretches = sums.length;
  const some = { labels: n, right: ones, stretches, bound: 0 };
  if (n < evidence.labels || stretches < evidence.stretches) return some;
  const p = ones / n;
  const smooth = (ones + 0.5) / (n + 1);
  const binomial = (smooth * (1 - smooth)) / n;
  let squares = 0;
  let squaredSizes = 0;
  for (let g = 0; g < stretches; g++) {
    const size = sizes[g] ?? 0;
    squares += ((sums[g] ?? 0) - size * p) ** 2;
    squaredSizes += size * size;
  }
  const robust = (squares / (n * n)) * (stretches / (stretches - 1));
  const shared = 1 / (1 + SHARED * (squaredSizes / n - 1));
  const effective = n * Math.min(1, binomial / Math.max(robust, binomial), shared);
  return { ...some, bound: wilsonLower(p, effective, Z90) };
}

/** Lower end of Wilson's one-sided interval. @param n may be a fraction: an effective number */
export function wilsonLower(p: number, n: number, z: number): number {
  const centre = p + (z * z) / (2 * n);
  const half = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return (centre - half) / (1 + (z * z) / n);
}

/** Right labels and size of each stretch in the ring, in any order. */
function byStretch(
  { at, y, size }: EvidenceRing,
  longWaitSeconds: number,
): { sums: number[]; sizes: number[]; ones: number } {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < size; i++) {
    const time = at[i] ?? 0;
    if (time < first) first = time;
    if (time > last) last = time;
  }
  const length = stretchLength(last - first, longWaitSeconds);
  const places = new Map<number, number>();
  const sums: number[] = [];
  const sizes: number[] = [];
  let ones = 0;
  let before = -1;
  let place = 0;
  for (let i = 0; i < size; i++) {
    const stretch = stretchOf(at[i] ?? 0, length);
    // Neighbours in the ring are mostly in the same stretch.
    if (stretch !== before) {
      before = stretch;
      place = places.get(stretch) ?? sums.length;
      if (place === sums.length) {
        places.set(stretch, place);
        sums.push(0);
        sizes.push(0);
      }
    }
    const label = y[i] ?? 0;
    sums[place] = (sums[place] ?? 0) + label;
    sizes[place] = (sizes[place] ?? 0) + 1;
    ones += label;
  }
  return { sums, sizes, ones };
}
