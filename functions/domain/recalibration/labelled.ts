import type { LedgerEntry } from '../../../schemas/items/ledger.ts';
import type { Pair } from '../calibration/bins.ts';
import type { ServedSample } from '../calibration/served-sample.ts';

/** One folded label that teaches: VGAC's p, and what the job did. Times in seconds. */
export interface Labelled {
  readonly p: number;
  readonly y: 0 | 1;
  readonly submittedAt: number;
  readonly labelAt: number;
}

/** What recalibration may learn from an entry; null for a job that was touched, was censored or has no probability. */
export function labelledOf(entry: LedgerEntry): Labelled | null {
  const { p, q, longWait, touched, submittedAt, labelAt } = entry;
  if (touched || longWait === null || !isProbability(p) || !isProbability(q)) return null;
  return { p, y: longWait ? 1 : 0, submittedAt, labelAt };
}

/** Each label with VGAC's p, for a fit. */
export function pairsOf(labels: readonly Labelled[]): Pair[] {
  return labels.map(({ p, y }) => ({ p, y }));
}

/** The labels as a sample of some probabilities of theirs, in the order of the labels. */
export function sampleOf(labels: readonly Labelled[], q: Float64Array): ServedSample {
  return {
    q,
    y: Uint8Array.from(labels, ({ y }) => y),
    submittedAt: Float64Array.from(labels, ({ submittedAt }) => submittedAt),
  };
}

function isProbability(value: number | null): value is number {
  return value !== null && value >= 0 && value <= 1;
}
