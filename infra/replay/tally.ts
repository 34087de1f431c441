import type { Bin } from '../../functions/domain/calibration/bins.ts';
import { type BrierParts, brierOfBins } from '../../functions/domain/calibration/brier.ts';
import { eceOfBins, largestGapOfBins, nullMeanOfBins } from '../../functions/domain/calibration/ece.ts';
import { ExecutedWindow } from './executed-window.ts';
import { Samples } from './samples.ts';

/** Counts what was decided, and what became of it. */
export class Tally {
  jobs = 0;
  autonomous = 0;
  notify = 0;
  escalate = 0;
  holdouts = 0;
  /** Questions that would have reached a human as an approval. */
  asked = 0;
  /** Statements that would have been withheld without asking anyone. */
  withheld = 0;
  first = Number.NaN;
  last = Number.NaN;
  readonly executed = new ExecutedWindow();
  readonly raw = new Samples();
  readonly served = new Samples();
  /** Jobs by the code of the first reason, and those of them that were not executed for it. */
  readonly reasons = new Map<string, number>();
  readonly lost = new Map<string, number>();
  /** By proposed tier 0 to 4: jobs, executed, harmful. */
  readonly tiers = Array.from({ length: 5 }, () => ({ proposed: 0, executed: 0, harmful: 0 }));
  private bounded = 0;
  private within90 = 0;
  private withinBoth = 0;
  /** Jobs until a tier was first earned. */
  readonly firstEarned: (number | null)[] = [null, null, null, null];

  reason(code: string, executed: boolean): void {
    this.reasons.set(code, (this.reasons.get(code) ?? 0) + 1);
    if (!executed) this.lost.set(code, (this.lost.get(code) ?? 0) + 1);
  }

  wait(waitSeconds: number, lower: number, upper: number, upper90: number): void {
    this.bounded += 1;
    if (waitSeconds <= upper90) this.within90 += 1;
    if (waitSeconds >= lower && waitSeconds <= upper) this.withinBoth += 1;
  }

  probability(p: number, q: number, longWait: boolean): void {
    this.raw.add(p, longWait);
    this.served.add(q, longWait);
  }

  earned(tier: number): void {
    for (let i = 0; i < tier && i < this.firstEarned.length; i++) this.firstEarned[i] ??= this.jobs;
  }

  get days(): number {
    return Number.isNaN(this.first) ? 0 : (this.last - this.first) / 86_400;
  }

  /** Share of waits that did not exceed the one-sided 90 % bound; null where the file has no waits. */
  get upper90Coverage(): number | null {
    return this.bounded === 0 ? null : this.within90 / this.bounded;
  }

  /** Share of waits inside the two-sided 90 % bounds. */
  get interval90Coverage(): number | null {
    return this.bounded === 0 ? null : this.withinBoth / this.bounded;
  }
}

/** The definitions of CALIBRATION.md section 1 of one kind of probability; null where there is nothing to say. */
export interface Scores extends Nullable<BrierParts> {
  /** Over 15 quantile bins, and what a perfect model would show there. */
  readonly ece: number | null;
  readonly null: number | null;
  /** The largest gap of a bin. */
  readonly mce: number | null;
  /** The largest gap between means where p is at least .5, .6, .7, .8 or .9. */
  readonly tailGap: number | null;
  /** How well it ranks, which says nothing about how well it is calibrated. */
  readonly auroc: number | null;
  readonly auprc: number | null;
}

type Nullable<T> = { readonly [Key in keyof T]: T[Key] | null };

const NO_BRIER = { brier: null, reliability: null, resolution: null, uncertainty: null, withinBin: null };

/**
 * The reliability diagram of one kind of probability, and its scores.
 *
 * @param room to sort in, 4 bytes a job: what two of them share is not taken twice
 */
export function reliabilityOf(
  samples: Samples,
  room: Uint32Array = new Uint32Array(samples.n),
): { readonly bins: readonly Bin[]; readonly scores: Scores } {
  const sorted = samples.sorted(room);
  const bins = sorted.bins();
  const { auroc, auprc } = sorted.ranking();
  const tailGap = sorted.tailGap();
  const parts = brierOfBins(bins) ?? NO_BRIER;
  if (bins.length === 0) return { bins, scores: { ece: null, null: null, mce: null, ...parts, tailGap, auroc, auprc } };
  const [ece, mce] = [eceOfBins(bins), largestGapOfBins(bins)];
  return { bins, scores: { ece, null: nullMeanOfBins(bins), mce, ...parts, tailGap, auroc, auprc } };
}
