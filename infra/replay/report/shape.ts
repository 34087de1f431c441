import type { Bin } from '../../../functions/domain/calibration/bins.ts';
import type { TierName } from '../../../schemas/primitives.ts';
import type { ForecastName } from '../forecast/forecaster.ts';
import type { NaiveOutcome } from '../naive.ts';
import type { Epoch } from '../recalibration.ts';
import type { RulesName } from '../rules.ts';
import type { Scores } from '../tally.ts';
import type { Point } from '../timeline.ts';

export type Recommendation = 'stayInDryRun' | 'handOverStatements' | 'handOverSuggest';

/** The conclusion from a history in plain words, with a recommendation. */
export interface Verdict {
  readonly recommendation: Recommendation;
  /** The sentences of one paragraph. */
  readonly sentences: readonly string[];
}

/** One tier of a stream. Shares are 0 to 1, null where there is nothing to divide by. */
export interface TierReport {
  readonly tier: TierName;
  readonly eps: number;
  /** The promised share of its autonomous acts that are right. */
  readonly promise: number;
  /** Jobs that call for exactly this tier. */
  readonly called: number;
  /** What it did, whatever tier was called for, and how much of that was right: the job really waited long. */
  readonly acted: number;
  readonly right: number;
  /** Censored jobs among those it acted on; the share is over the others. */
  readonly unknown: number;
  readonly rightShare: number | null;
  /** Of the share: Wilson's two-sided 90 % interval. */
  readonly rightLow: number | null;
  readonly rightHigh: number | null;
  /** Judged by what the trace says would have happened without the intervention; live, only hold-outs show that. */
  readonly counterfactual: boolean;
  /** The promise means little before this many acts. */
  readonly testedFrom: number;
  readonly tested: boolean;
  readonly heldOut: number;
  readonly heldRight: number;
  readonly heldUnknown: number;
  /** Of the jobs that really waited long. */
  readonly reachedShare: number | null;
  /** How often the promise, recomputed from acts and not from tokens, was broken; and the least slack. */
  readonly violations: number;
  readonly leastSlack: number;
  /** Jobs seen when it was first earned; null if never. */
  readonly earnedAfter: number | null;
  /** At the end: earned, or how far from it. */
  readonly earned: boolean;
  readonly standing: string;
  /** Missing outcomes, and the days they take at this rate; null if more outcomes alone are not enough. */
  readonly needs: number | null;
  readonly needsDays: number | null;
}

/** How good probabilities were: lower is better, except for the AUROC. Null if there is nothing to judge. */
export interface Goodness {
  readonly brier: number | null;
  /** In nats, probabilities clipped to .001 to .999. */
  readonly logLoss: number | null;
  readonly auroc: number | null;
}

/** One forecast on the rounds of a stream: how good it was, and what the gate did with it. */
export interface ServedReport extends Goodness {
  readonly name: ForecastName;
  /** Share of jobs in whose q VGAC's p had a part. */
  readonly vgacShare: number | null;
  readonly jobs: number;
  readonly calls: number;
  readonly acted: number;
  readonly actedOfCalls: number | null;
  readonly heldOut: number;
  readonly tiers: readonly Pick<TierReport, 'acted' | 'right' | 'unknown' | 'rightShare'>[];
  readonly longWaits: number;
  readonly reached: number;
  readonly reachedShare: number | null;
  readonly chance: number | null;
  readonly upper90Held: number | null;
  readonly promiseViolations: number;
}

/** Which forecast was acted on, and how good it was. */
export interface ForecastReport extends Goodness {
  readonly name: ForecastName;
  /** Brier skill score: how much lower its Brier score is than the base rate's, as a share of the latter. */
  readonly skill: number | null;
  /** Of the jobs, those that the file has a p for, and those in whose q it had a part. */
  readonly withP: number | null;
  readonly vgacShare: number | null;
  /** A constant prediction of the share of long waits. */
  readonly baseRate: Goodness & { readonly share: number | null };
  /** The file's own p unchanged; null if there is none. */
  readonly rawP: Goodness | null;
  /** Jobs without events for 30 days, counted as gone from then on. */
  readonly aged: number;
  /** The same rules with this forecast and with the others. */
  readonly compared: readonly ServedReport[];
}

/** What the core rules did on the same rounds. */
export interface CoreReport {
  readonly calls: number;
  readonly acted: number;
  readonly heldOut: number;
  readonly actedByTier: readonly number[];
  readonly interventions: number;
  readonly reachedShare: number | null;
  /** What the chosen rules did, as a share of what the core did. */
  readonly actedOfCore: number | null;
}

/** What one naive rule would have done. */
export interface NaiveReport extends NaiveOutcome {
  readonly reached: number;
  readonly reachedShare: number | null;
}

/** Calls whose own tier was not done, by the first rule that refused it. */
export interface PassedOverReport {
  readonly calls: number;
  /** Those of them for which nothing was done at all. */
  readonly nothing: number;
}

/** One stream as it is reported. Keys are stable; shares are 0 to 1, times in seconds. */
export interface StreamReport {
  readonly name: string;
  readonly clusterId: string;
  readonly verdict: Verdict;
  readonly forecast: ForecastReport;
  /** Rounds: `nothingNeeded + acted + heldOut + asked + withheld + late + failed + undecided`. */
  readonly jobs: number;
  readonly nothingNeeded: number;
  readonly acted: number;
  readonly heldOut: number;
  readonly asked: number;
  readonly withheld: number;
  readonly late: number;
  readonly failed: number;
  readonly undecided: number;
  /** Acted on by a lower tier and also asked about: counted in `acted`, and here again. */
  readonly alsoAsked: number;
  readonly calls: number;
  readonly actedOfCalls: number | null;
  readonly longWaits: number;
  /** Jobs that left, or the file ended, before it was known whether their wait is long. */
  readonly censored: number;
  /** Jobs acted on of those that really waited long, and what the same number of random acts would have reached. */
  readonly reached: number;
  readonly reachedShare: number | null;
  readonly chance: number | null;
  /** Median wait of the jobs reached; null if the file has no waits. */
  readonly reachedMedianWait: number | null;
  readonly longWaitSeconds: number;
  /** Questions to humans, including those about keeping a hold; and those there was no place for. */
  readonly questions: number;
  readonly questionsPerDay: number | null;
  readonly unasked: number;
  readonly tiers: readonly TierReport[];
  /** Over all tiers; must be 0. */
  readonly promiseViolations: number;
  readonly passedOver: Readonly<Record<string, PassedOverReport>>;
  /** Null for the core rules themselves. */
  readonly core: CoreReport | null;
  readonly naive: readonly NaiveReport[] | null;
  /** Rows of the file that repeat a round, and tasks beside the first of their array. */
  readonly repeatedRows: number;
  readonly arrayTasks: number;
  readonly firstSubmittedAt: number | null;
  readonly lastSubmittedAt: number | null;
  readonly days: number;
  /**
   * Share of waits within the one-sided 90 % bound and inside the two-sided ones; with all rules, only of the jobs without an
   * intervention; null without waits or predictions.
   */
  readonly upper90Held: number | null;
  readonly interval90Held: number | null;
  /** Over 15 quantile bins; `null` is what a perfect model would show with the served probabilities. */
  readonly ece: {
    readonly raw: number | null;
    readonly served: number | null;
    readonly null: number | null;
    readonly n: number;
  };
  /** Every definition of CALIBRATION.md section 1, on the whole history. */
  readonly scores: { readonly raw: Scores; readonly served: Scores };
  /** How far the distribution of raw p has shifted since the first 1,000 jobs; null while it needs `psiNeeds` more jobs. */
  readonly psi: number | null;
  readonly psiNeeds: number;
  /** Detector alarms: VGAC's model has drifted (raw), or the served probabilities do not fit the outcomes (served). */
  readonly alarms: { readonly raw: number; readonly served: number };
  /** Jobs seen at each alarm on raw p; the first 1000. */
  readonly driftAlarmJobs: readonly number[];
  /** Refits promoted, rolled back and rejected; null if nothing is refitted. */
  readonly recalibration: {
    readonly promoted: number;
    readonly rolledBack: number;
    readonly rejected: number;
    readonly epochs: readonly Epoch[];
  } | null;
  readonly reliability: { readonly raw: readonly Bin[]; readonly served: readonly Bin[] };
  readonly timeline: readonly Point[];
  readonly jobsPerSecond: number | null;
}

export interface FileReport {
  readonly path: string;
  readonly failure: string | null;
  /** Assumptions about its columns, and what was counted once. */
  readonly notes: readonly string[];
  readonly skippedRows: number;
  /** Number of rows by fault. */
  readonly skippedKinds: Readonly<Record<string, number>>;
  readonly firstSkipped: readonly { readonly line: number; readonly fault: string }[];
}

/** A whole run. */
export interface Report {
  readonly version: 2;
  readonly rules: RulesName;
  /** Numbers overridden with `--set`. */
  readonly set: Readonly<Record<string, number>>;
  readonly streams: readonly StreamReport[];
  readonly files: readonly FileReport[];
}
