import type { Bin } from '../../functions/domain/calibration/bins.ts';
import { type BrierParts, brierOfBins } from '../../functions/domain/calibration/brier.ts';
import { eceOfBins, largestGapOfBins, nullMeanOfBins } from '../../functions/domain/calibration/ece.ts';
import type { Chosen } from '../../functions/domain/choose-tier.ts';
import type { ForecastName } from './forecast/forecaster.ts';
import type { Row } from './import/row.ts';
import { Samples } from './samples.ts';
import { WaitTimes } from './wait-times.ts';

/** What was called for, done and held out of one tier. */
interface TierTally {
  /** Jobs that call for exactly this tier. */
  called: number;
  /** Acted on, whatever tier was called for, and how many of those really waited long: right, and reached. */
  acted: number;
  right: number;
  /** Censored jobs among those acted on. */
  unknown: number;
  heldOut: number;
  heldRight: number;
  heldUnknown: number;
}

/** Calls whose own tier was not done, by the first rule that refused it. */
interface PassedOver {
  calls: number;
  /** Those of them for which nothing was done at all. */
  nothing: number;
}

/** Counts decisions and their outcomes. */
export class Tally {
  jobs = 0;
  nothingNeeded = 0;
  acted = 0;
  heldOut = 0;
  /** Asked without anything else being done. */
  asked = 0;
  withheld = 0;
  /** Acted on by a lower tier and also asked about: counted in `acted`, and here again. */
  alsoAsked = 0;
  /** Questions not asked for lack of a place. */
  unasked = 0;
  longWaits = 0;
  /** Jobs that left before it was known whether they wait long. */
  censored = 0;
  /** Jobs with a p of VGAC, and those in whose q it had a part. */
  withP = 0;
  withVgac = 0;
  first = Number.NaN;
  last = Number.NaN;
  readonly raw = new Samples();
  readonly served = new Samples();
  readonly tiers: readonly TierTally[] = [1, 2, 3, 4].map(() => ({
    called: 0,
    acted: 0,
    right: 0,
    unknown: 0,
    heldOut: 0,
    heldRight: 0,
    heldUnknown: 0,
  }));
  readonly passedOver = new Map<string, PassedOver>();
  /** Of the jobs reached. */
  readonly reachedWaits = new WaitTimes();
  private bounded = 0;
  private within90 = 0;
  private withinBoth = 0;
  /** Jobs until a tier was first earned. */
  readonly firstEarned: (number | null)[] = [null, null, null, null];

  /** @param unasked somebody should have been asked, and there was no place */
  count(row: Row, called: number, chosen: Chosen, asked: boolean, unasked: boolean): void {
    if (row.censored) this.censored += 1;
    else if (row.longWait) this.longWaits += 1;
    if (called === 0) {
      this.nothingNeeded += 1;
      return;
    }
    const ofTier = this.tiers[called - 1];
    if (ofTier !== undefined) ofTier.called += 1;
    if (chosen.tier > 0) this.countDone(row, chosen, asked);
    else if (asked) this.asked += 1;
    else this.withheld += 1;
    if (unasked) this.unasked += 1;
    if (chosen.tier < called && chosen.reason !== null) this.countPassedOver(chosen.reason, chosen.tier === 0);
  }

  get calls(): number {
    return this.tiers.reduce((sum, { called }) => sum + called, 0);
  }

  /** Acted on, of the jobs that really waited long. */
  get reached(): number {
    return this.tiers.reduce((sum, { right }) => sum + right, 0);
  }

  wait(waitSeconds: number, lower: number, upper: number, upper90: number): void {
    this.bounded += 1;
    if (waitSeconds <= upper90) this.within90 += 1;
    if (waitSeconds >= lower && waitSeconds <= upper) this.withinBoth += 1;
  }

  /** @param q NaN where nothing was served */
  probability({ p, longWait, censored }: Row, q: number, by: ForecastName | null): void {
    const hasP = !Number.isNaN(p);
    if (hasP) this.withP += 1;
    if (by === 'both' || by === 'file') this.withVgac += 1;
    if (censored) return;
    if (hasP) this.raw.add(p, longWait);
    if (!Number.isNaN(q)) this.served.add(q, longWait);
  }

  earned(tier: number): void {
    for (let i = 0; i < tier && i < this.firstEarned.length; i++) this.firstEarned[i] ??= this.jobs;
  }

  get days(): number {
    return Number.isNaN(this.first) ? 0 : (this.last - this.first) / 86_400;
  }

  /** Share of waits within the one-sided 90 % bound; null if the file has no waits. */
  get upper90Held(): number | null {
    return this.bounded === 0 ? null : this.within90 / this.bounded;
  }

  /** Share of waits inside the two-sided 90 % bounds. */
  get interval90Held(): number | null {
    return this.bounded === 0 ? null : this.withinBoth / this.bounded;
  }

  private countDone({ longWait, waitSeconds, censored }: Row, { tier, heldOut }: Chosen, asked: boolean): void {
    const done = this.tiers[tier - 1];
    if (done === undefined) return;
    if (heldOut) {
      this.heldOut += 1;
      done.heldOut += 1;
      if (censored) done.heldUnknown += 1;
      else if (longWait) done.heldRight += 1;
      return;
    }
    this.acted += 1;
    done.acted += 1;
    if (asked) this.alsoAsked += 1;
    if (censored) done.unknown += 1;
    if (censored || !longWait) return;
    done.right += 1;
    this.reachedWaits.add(waitSeconds);
  }

  private countPassedOver(reason: string, nothing: boolean): void {
    const passed = this.passedOver.get(reason) ?? { calls: 0, nothing: 0 };
    passed.calls += 1;
    if (nothing) passed.nothing += 1;
    this.passedOver.set(reason, passed);
  }
}

/** The scores of CALIBRATION.md section 1 for one kind of probability; null without data. */
export interface Scores extends Nullable<BrierParts> {
  /** Over 15 quantile bins, and what a perfect model would show there. */
  readonly ece: number | null;
  readonly null: number | null;
  /** The largest gap of a bin. */
  readonly mce: number | null;
  /** The largest gap between means where p is at least .5, .6, .7, .8 or .9. */
  readonly tailGap: number | null;
  /** Mean log loss in nats, p clipped to .001 to .999. */
  readonly logLoss: number | null;
  /** How well it ranks, which says nothing about how well it is calibrated. */
  readonly auroc: number | null;
  readonly auprc: number | null;
}

type Nullable<T> = { readonly [Key in keyof T]: T[Key] | null };

const NO_BRIER = { brier: null, reliability: null, resolution: null, uncertainty: null, withinBin: null };

/**
 * The reliability diagram of one kind of probability, and its scores.
 *
 * @param room buffer for sorting, 4 bytes a job: callers share it instead of allocating twice
 */
export function reliabilityOf(
  samples: Samples,
  room: Uint32Array = new Uint32Array(samples.n),
): { readonly bins: readonly Bin[]; readonly scores: Scores } {
  const sorted = samples.sorted(room);
  const bins = sorted.bins();
  const { auroc, auprc } = sorted.ranking();
  const others = { tailGap: sorted.tailGap(), logLoss: sorted.logLoss(), auroc, auprc };
  const parts = brierOfBins(bins) ?? NO_BRIER;
  if (bins.length === 0) return { bins, scores: { ece: null, null: null, mce: null, ...parts, ...others } };
  const [ece, mce] = [eceOfBins(bins), largestGapOfBins(bins)];
  return { bins, scores: { ece, null: nullMeanOfBins(bins), mce, ...parts, ...others } };
}
