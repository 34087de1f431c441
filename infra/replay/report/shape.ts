import type { Bin } from '../../../functions/domain/calibration/bins.ts';
import type { TierName } from '../../../schemas/primitives.ts';
import type { ForecastName } from '../forecast/forecaster.ts';
import type { NaiveOutcome } from '../naive.ts';
import type { Epoch } from '../recalibration.ts';
import type { RulesName } from '../rules.ts';
import type { Scores } from '../tally.ts';
import type { Point } from '../timeline.ts';

export type Recommendation = 'stayInDryRun' | 'handOverStatements' | 'handOverSuggest';

/** What a history comes to, in plain words; and what to do now. */
export interface Verdict {
  readonly recommendation: Recommendation;
  /** One paragraph, a sentence each. */
  readonly sentences: readonly string[];
}

/** One tier of a stream. Shares are 0 to 1, null where there is nothing to divide by. */
export interface TierReport {
  readonly tier: TierName;
  readonly eps: number;
  /** At least this share of what it does alone is right. */
  readonly promise: number;
  /** Jobs that call for exactly this tier. */
  readonly called: number;
  /** What it did, whatever was called for, and how much of that was right: the job really waited long. */
  readonly acted: number;
  readonly right: number;
  /** Of what it did, jobs that left before anybody could tell whether they wait long; the share is that of the others. */
  readonly unknown: number;
  readonly rightShare: number | null;
  /** Of the share: Wilson's two-sided 90 % interval. */
  readonly rightLow: number | null;
  readonly rightHigh: number | null;
  /** The trace says what an intervention would have met without it; live, only hold-outs do. */
  readonly counterfactual: boolean;
  /** Until so many things are done the promise says little. */
  readonly testedFrom: number;
  readonly tested: boolean;
  readonly heldOut: number;
  readonly heldRight: number;
  readonly heldUnknown: number;
  /** Of the jobs that really waited long. */
  readonly reachedShare: number | null;
  /** Times that the promise, recomputed from what was done and not from the tokens, did not hold; and the least left of it. */
  readonly violations: number;
  readonly leastSlack: number;
  /** Jobs seen when it was first earned; null where it never was. */
  readonly earnedAfter: number | null;
  /** At the end: earned, or how far from it. */
  readonly earned: boolean;
  readonly standing: string;
  /** Outcomes that are missing, and the days that they take at this rate; null where more outcomes alone will not do. */
  readonly needs: number | null;
  readonly needsDays: number | null;
}

/** How good probabilities were: lower is better but for the AUROC. Null where there is nothing to judge. */
export interface Goodness {
  readonly brier: number | null;
  /** In nats, probabilities held in .001 to .999. */
  readonly logLoss: number | null;
  readonly auroc: number | null;
}

/** One forecast on the rounds of a stream: how good it was, and what the gate made of it. */
export interface ServedReport extends Goodness {
  readonly name: ForecastName;
  /** Of the jobs, those in whose q VGAC's p had a part. */
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
  /** How much lower its Brier score is than the base rate's, as a share of that. */
  readonly skill: number | null;
  /** Of the jobs, those that the file has a p for, and those in whose q it had a part. */
  readonly withP: number | null;
  readonly vgacShare: number | null;
  /** Always saying the share of long waits. */
  readonly baseRate: Goodness & { readonly share: number | null };
  /** The file's own p as it is; null where there is none. */
  readonly rawP: Goodness | null;
  /** Jobs of which nothing was heard for 30 days, which count as gone from then on. */
  readonly aged: number;
  /** The same rules by this forecast, and by the others beside it. */
  readonly compared: readonly ServedReport[];
}

/** What the core rules did with the same rounds. */
export interface CoreReport {
  readonly calls: number;
  readonly acted: number;
  readonly heldOut: number;
  readonly actedByTier: readonly number[];
  readonly interventions: number;
  readonly reachedShare: number | null;
  /** What the rules in question did, of what the core did. */
  readonly actedOfCore: number | null;
}

/** What one naive rule would have done. */
export interface NaiveReport extends NaiveOutcome {
  readonly reached: number;
  readonly reachedShare: number | null;
}

/** Calls whose own tier was not done, by the first rule against it. */
export interface PassedOverReport {
  readonly calls: number;
  /** Of these, jobs for which nothing was done at all. */
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
  /** Acted on by a lower tier and asked about as well: counted in `acted`, and here once more. */
  readonly alsoAsked: number;
  readonly calls: number;
  readonly actedOfCalls: number | null;
  readonly longWaits: number;
  /** Jobs that left, or the file ends, before anybody could tell whether they wait long. */
  readonly censored: number;
  /** Acted on, of the jobs that really waited long; beside it what as many acts thrown at random would have reached. */
  readonly reached: number;
  readonly reachedShare: number | null;
  readonly chance: number | null;
  /** Half of the jobs reached waited at least so long; null where the file has no waits. */
  readonly reachedMedianWait: number | null;
  readonly longWaitSeconds: number;
  /** Questions to humans, those about keeping a hold included; and those there was no place for. */
  readonly questions: number;
  readonly questionsPerDay: number | null;
  readonly unasked: number;
  readonly tiers: readonly TierReport[];
  /** Over all tiers: has to be 0. */
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
   * Share of waits within the one-sided 90 % bound and inside the two-sided, with all rules of the jobs that were left alone; null without
   * waits or predictions.
   */
  readonly upper90Held: number | null;
  readonly interval90Held: number | null;
  /** Over 15 quantile bins; `null` is what a perfect model would show on the served probabilities. */
  readonly ece: {
    readonly raw: number | null;
    readonly served: number | null;
    readonly null: number | null;
    readonly n: number;
  };
  /** Every definition of CALIBRATION.md section 1, on the whole history. */
  readonly scores: { readonly raw: Scores; readonly served: Scores };
  /** How far raw p is distributed otherwise at the end than in the first 1,000; null while `psiNeeds` more jobs are needed. */
  readonly psi: number | null;
  readonly psiNeeds: number;
  /** Of the detectors: VGAC's model has drifted (raw), what is served does not fit the outcomes (served). */
  readonly alarms: { readonly raw: number; readonly served: number };
  /** Jobs seen at each alarm on raw p; the first 1000. */
  readonly driftAlarmJobs: readonly number[];
  /** Refits that were promoted, rolled back, and tried in vain; null where nothing is refitted. */
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
  /** What had to be assumed about its columns, and what was counted once. */
  readonly notes: readonly string[];
  readonly skippedRows: number;
  /** How many rows have which fault. */
  readonly skippedKinds: Readonly<Record<string, number>>;
  readonly firstSkipped: readonly { readonly line: number; readonly fault: string }[];
}

/** A whole run. */
export interface Report {
  readonly version: 2;
  readonly rules: RulesName;
  /** Numbers that were tried with another value. */
  readonly set: Readonly<Record<string, number>>;
  readonly streams: readonly StreamReport[];
  readonly files: readonly FileReport[];
}
