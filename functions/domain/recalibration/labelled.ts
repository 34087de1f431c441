import type { LedgerEntry } from '../../../schemas/items/ledger.ts';
import type { Pair } from '../calibration/bins.ts';
import type { ServedSample } from '../calibration/served-sample.ts';

/** One folded label that teaches: VGAC's p, the q that was served, and what the job did. Times in seconds. */
export interface Labelled {
  readonly p: number;
  readonly q: number;
  readonly y: 0 | 1;
  readonly submittedAt: number;
  readonly labelAt: number;
  readonly epoch: number;
}

/** What recalibration may learn from an entry; null for a job that was touched, was censored or has no probability. */
export function labelledOf(entry: LedgerEntry): Labelled | null {
  const { p, q, longWait, intervened, submittedAt, labelAt, epoch } = entry;
  if (intervened || longWait === null || !isProbability(p) || !isProbability(q)) return null;
  return { p, q, y: longWait ? 1 : 0, submittedAt, labelAt, epoch };
}

/** Each label with the probability that `of` gives it. */
export function pairsOf(labels: readonly Labelled[], of: (label: Labelled, index: number) => number): Pair[] {
  return labels.map((label, index) => ({ p: of(label, index), y: label.y }));
}

/** As above, with the times of submission that the error of an ECE needs; in the order of the labels. */
export function sampleOf(labels: readonly Labelled[], of: (label: Labelled, index: number) => number): ServedSample {
  return {
    q: Float64Array.from(labels, of),
    y: Uint8Array.from(labels, ({ y }) => y),
    submittedAt: Float64Array.from(labels, ({ submittedAt }) => submittedAt),
  };
}

function isProbability(value: number | null): value is number {
  return value !== null && value >= 0 && value <= 1;
}
