import type { Bin } from '../../../functions/domain/calibration/bins.ts';
import { NAIVE_RULE } from '../compare.ts';
import type { ExecutedWindow } from '../executed-window.ts';
import type { HarmBound } from '../harm-bound.ts';
import type { Epoch, Recalibration } from '../recalibration.ts';
import type { FileResult, NamedStream } from '../replay-file.ts';
import type { RulesName } from '../rules.ts';
import { reliabilityOf, type Scores } from '../tally.ts';
import type { Point } from '../timeline.ts';

/** What one rule would have done with a stream. */
export interface RuleOutcome {
  readonly rule: string;
  readonly coverage: number | null;
  readonly harmful: number;
  readonly harmRate: number | null;
  readonly worst500: number | null;
  readonly askedPerDay: number | null;
  /** Alarms per 10,000 jobs of a perfectly calibrated model with the same probabilities; null for rules without any. */
  readonly falseAlarms: number | null;
}

/** One stream as it is reported. The keys of the first block are stable; shares are 0 to 1, times in seconds. */
export interface StreamReport {
  readonly name: string;
  readonly jobs: number;
  readonly autonomous: number;
  readonly notify: number;
  readonly escalate: number;
  /** Autonomous and notify, less what was held out. */
  readonly executed: number;
  /** Executed, of all jobs. */
  readonly coverage: number | null;
  /** Executed with the wrong class. */
  readonly harmful: number;
  /** Harmful, of executed. */
  readonly harmRate: number | null;
  /** Largest share of harmful ones among 500 executed in a row; among all where there are fewer. */
  readonly worst500: number | null;
  /** Labels after which more harm had been done than the budgets allow. */
  readonly boundViolations: number;
  /** Alarms of the detector on raw p: the model itself drifted. */
  readonly driftAlarms: number;
  /** Share of waits within the one-sided 90 % bound; null where the file has no waits or predictions. */
  readonly upper90Coverage: number | null;
  /** Over 15 quantile bins; `null` is what a perfect model would show on the served probabilities. */
  readonly ece: {
    readonly raw: number | null;
    readonly served: number | null;
    readonly null: number | null;
    readonly n: number;
  };
  readonly jobsPerSecond: number | null;

  readonly clusterId: string;
  readonly firstSubmittedAt: number | null;
  readonly lastSubmittedAt: number | null;
  readonly days: number;
  readonly holdouts: number;
  /** Questions to a human per day of the stream; null for a stream of less than an hour. */
  readonly askedPerDay: number | null;
  /** Statements per day that are withheld without asking anyone. */
  readonly withheldPerDay: number | null;
  /** Every definition of CALIBRATION.md section 1, on the whole history; `null` is the ECE of a perfect model. */
  readonly scores: { readonly raw: Scores; readonly served: Scores };
  readonly interval90Coverage: number | null;
  readonly alarms: { readonly raw: number; readonly served: number; readonly harm: number };
  /** Maps that were promoted and rolled back; null where the rules know no recalibration. */
  readonly recalibration: {
    readonly promoted: number;
    readonly rolledBack: number;
    readonly epochs: readonly Epoch[];
  } | null;
  /** Jobs seen at each alarm on raw p; the first 1000. */
  readonly driftAlarmJobs: readonly number[];
  readonly bound: { readonly statement: BoundReport; readonly intervention: BoundReport };
  /** By proposed tier, 0 (nothing) to 4 (gate). */
  readonly tiers: readonly { readonly proposed: number; readonly executed: number; readonly harmful: number }[];
  /** Jobs seen when tiers 1 to 4 were first earned; null where one never was. */
  readonly tierFirstEarned: readonly (number | null)[];
  /** Jobs by the code of the first reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** What each rule costs in coverage: the share of jobs not executed for it as the first reason. */
  readonly coverageLost: Readonly<Record<string, number>>;
  readonly reliability: { readonly raw: readonly Bin[]; readonly served: readonly Bin[] };
  readonly compare: readonly RuleOutcome[] | null;
  readonly timeline: readonly Point[];
}

export interface BoundReport {
  readonly harms: number;
  readonly allowed: number;
  readonly leastSlack: number | null;
  readonly violations: number;
}

export interface FileReport {
  readonly path: string;
  readonly failure: string | null;
  /** What had to be assumed about its columns. */
  readonly notes: readonly string[];
  readonly skippedRows: number;
  readonly firstSkipped: readonly { readonly line: number; readonly fault: string }[];
}

/** A whole run. */
export interface Report {
  readonly version: 1;
  readonly rules: RulesName;
  /** Numbers that were tried with another value. */
  readonly set: Readonly<Record<string, number>>;
  readonly streams: readonly StreamReport[];
  readonly files: readonly FileReport[];
}

const HOUR_OF_DAY = 1 / 24;

export function fileReport({ path, failure, faults }: FileResult): FileReport {
  return { path, failure, notes: faults.notes, skippedRows: faults.count, firstSkipped: faults.first };
}

export function streamReport({ name, stream }: NamedStream, jobsPerSecond: number | null): StreamReport {
  const { tally, state, bounds } = stream;
  const { executed, jobs, days } = tally;
  const room = new Uint32Array(jobs);
  const [raw, served] = [reliabilityOf(tally.raw, room), reliabilityOf(tally.served, room)];
  return {
    name,
    jobs,
    autonomous: tally.autonomous,
    notify: tally.notify,
    escalate: tally.escalate,
    executed: executed.executed,
    coverage: share(executed.executed, jobs),
    harmful: executed.harmful,
    harmRate: executed.harmRate,
    worst500: executed.worst500,
    boundViolations: bounds.statement.violations + bounds.intervention.violations,
    driftAlarms: state.alarms.raw,
    upper90Coverage: tally.upper90Coverage,
    ece: { raw: raw.scores.ece, served: served.scores.ece, null: served.scores.null, n: jobs },
    jobsPerSecond: jobsPerSecond === null ? null : Math.round(jobsPerSecond),
    clusterId: stream.clusterId,
    firstSubmittedAt: Number.isNaN(tally.first) ? null : tally.first,
    lastSubmittedAt: Number.isNaN(tally.last) ? null : tally.last,
    days,
    holdouts: tally.holdouts,
    askedPerDay: perDay(tally.asked, days),
    withheldPerDay: perDay(tally.withheld, days),
    scores: { raw: raw.scores, served: served.scores },
    interval90Coverage: tally.interval90Coverage,
    alarms: { ...state.alarms },
    recalibration: recalibrationOf(stream.recalibration),
    driftAlarmJobs: stream.alarmsAt,
    bound: { statement: boundReport(bounds.statement), intervention: boundReport(bounds.intervention) },
    tiers: tally.tiers,
    tierFirstEarned: tally.firstEarned,
    reasons: mostFirst(tally.reasons),
    coverageLost: mostFirst(new Map([...tally.lost].map(([code, lost]) => [code, lost / jobs]))),
    reliability: { raw: raw.bins, served: served.bins },
    compare: comparisonOf(stream),
    timeline: stream.timeline.all,
  };
}

function comparisonOf({ comparison, tally }: NamedStream['stream']): RuleOutcome[] | null {
  if (comparison === null) return null;
  const { jobs, days } = tally;
  const outcome = (rule: string, window: ExecutedWindow, asked: number, falseAlarms: number | null): RuleOutcome => ({
    rule,
    coverage: share(window.executed, jobs),
    harmful: window.harmful,
    harmRate: window.harmRate,
    worst500: window.worst500,
    askedPerDay: perDay(asked, days),
    falseAlarms,
  });
  const { naive, always, falseAlarms } = comparison;
  const never: RuleOutcome = {
    ...outcome('never act', naive, jobs, null),
    ...{ coverage: jobs === 0 ? null : 0, harmful: 0, harmRate: null, worst500: null },
  };
  return [
    outcome('this gate', tally.executed, tally.asked, comparison.perTenThousand(falseAlarms.ours)),
    outcome(NAIVE_RULE, naive, jobs - naive.executed, comparison.perTenThousand(falseAlarms.naive)),
    outcome('always act', always, 0, null),
    never,
  ];
}

function boundReport({ harms, allowed, slack, violations }: HarmBound): BoundReport {
  return { harms, allowed, leastSlack: Number.isFinite(slack) ? slack : null, violations };
}

function recalibrationOf(recalibration: Recalibration | null): StreamReport['recalibration'] {
  if (recalibration === null) return null;
  const { promoted, rolledBack, epochs } = recalibration;
  return { promoted, rolledBack, epochs };
}

function mostFirst(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([, a], [, b]) => b - a));
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

function perDay(count: number, days: number): number | null {
  return days < HOUR_OF_DAY ? null : count / days;
}
