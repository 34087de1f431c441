import { eceOfBins, nullMeanOfBins } from '../../functions/domain/calibration/ece.ts';
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
  private brierSum = 0;
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
    this.brierSum += (q - (longWait ? 1 : 0)) ** 2;
  }

  earned(tier: number): void {
    for (let i = 0; i < tier && i < this.firstEarned.length; i++) this.firstEarned[i] ??= this.jobs;
  }

  get days(): number {
    return Number.isNaN(this.first) ? 0 : (this.last - this.first) / 86_400;
  }

  get brier(): number | null {
    return this.jobs === 0 ? null : this.brierSum / this.jobs;
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

/** Bins, canonical ECE and what a perfect model would show, of one kind of probability. */
export function reliabilityOf(samples: Samples) {
  const bins = samples.n === 0 ? [] : samples.bins(DISPLAY_BINS);
  return {
    bins,
    ece: bins.length === 0 ? null : eceOfBins(bins),
    null: bins.length === 0 ? null : nullMeanOfBins(bins),
  };
}

const DISPLAY_BINS = 15;
