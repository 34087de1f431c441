import type { Bin } from '../../../functions/domain/calibration/bins.ts';
import { psiNeeds, psiOf } from '../../../functions/domain/calibration/psi.ts';
import { testedFrom } from '../../../functions/domain/tier-rules.ts';
import { tierStandings } from '../../../functions/domain/tiers.ts';
import type { TierName } from '../../../schemas/primitives.ts';
import type { Cluster } from '../cluster.ts';
import type { NaiveOutcome } from '../naive.ts';
import type { Epoch } from '../recalibration.ts';
import type { FileResult, NamedStream } from '../replay-file.ts';
import type { RulesName } from '../rules.ts';
import type { Stream } from '../stream.ts';
import { reliabilityOf, type Scores } from '../tally.ts';
import type { Point } from '../timeline.ts';
import { type Verdict, verdictOf } from './verdict.ts';
import { wilson } from './wilson.ts';

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
  /** Share of waits within the one-sided 90 % bound and inside the two-sided; null without waits or predictions. */
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
  /** Of the detectors: the model itself drifted (raw), recalibration does not cope (served). */
  readonly alarms: { readonly raw: number; readonly served: number };
  /** Jobs seen at each alarm on raw p; the first 1000. */
  readonly driftAlarmJobs: readonly number[];
  /** Maps that joined the experts, and left them again; null where the rules know no recalibration. */
  readonly recalibration: {
    readonly promoted: number;
    readonly rolledBack: number;
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

const HOUR_OF_DAY = 1 / 24;

export function fileReport({ path, failure, faults }: FileResult): FileReport {
  return { path, failure, notes: faults.notes, skippedRows: faults.count, firstSkipped: faults.first };
}

export function streamReport({ name, cluster }: NamedStream, jobsPerSecond: number | null): StreamReport {
  const { stream, rounds } = cluster;
  const { tally, state, rules } = stream;
  const { jobs, days, acted, asked, alsoAsked, longWaits, reached } = tally;
  const room = new Uint32Array(jobs);
  const [raw, served] = [reliabilityOf(tally.raw, room), reliabilityOf(tally.served, room)];
  const tiers = tierReports(stream);
  // Somebody is asked whether to keep a hold, too.
  const questions = asked + alsoAsked + (rules.name === 'all' ? (tally.tiers[3]?.acted ?? 0) : 0);
  const figures = {
    jobs,
    ...{ nothingNeeded: tally.nothingNeeded, acted, heldOut: tally.heldOut, asked, withheld: tally.withheld },
    ...{ late: 0, failed: 0, undecided: 0, alsoAsked },
    calls: tally.calls,
    actedOfCalls: share(acted, tally.calls),
    longWaits,
    reached,
    reachedShare: share(reached, longWaits),
    chance: share(acted, jobs),
    reachedMedianWait: tally.reachedWaits.quantile(0.5),
    longWaitSeconds: rules.config.longWaitSeconds,
    questions,
    questionsPerDay: perDay(questions, days),
    unasked: tally.unasked,
    tiers,
    promiseViolations: tiers.reduce((sum, { violations }) => sum + violations, 0),
    naive: naiveReports(cluster),
  };
  return {
    name,
    clusterId: cluster.clusterId,
    verdict: verdictOf(figures),
    ...figures,
    passedOver: mostFirst(tally.passedOver),
    core: coreReport(cluster),
    repeatedRows: rounds.repeated,
    arrayTasks: rounds.tasks,
    firstSubmittedAt: Number.isNaN(tally.first) ? null : tally.first,
    lastSubmittedAt: Number.isNaN(tally.last) ? null : tally.last,
    days,
    upper90Held: tally.upper90Held,
    interval90Held: tally.interval90Held,
    ece: { raw: raw.scores.ece, served: served.scores.ece, null: served.scores.null, n: jobs },
    scores: { raw: raw.scores, served: served.scores },
    psi: psiOf(state.shift),
    psiNeeds: psiNeeds(state.shift),
    alarms: { ...state.alarms },
    driftAlarmJobs: stream.alarmsAt,
    recalibration: recalibrationOf(stream),
    reliability: { raw: raw.bins, served: served.bins },
    timeline: stream.timeline.all,
    jobsPerSecond: jobsPerSecond === null ? null : Math.round(jobsPerSecond),
  };
}

function tierReports({ rules, tally, promises, state }: Stream): TierReport[] {
  const standings = tierStandings(state, rules.config);
  return rules.tiers.flatMap((numbers, i) => {
    const [done, promise, standing] = [tally.tiers[i], promises[i], standings[i]];
    if (done === undefined || promise === undefined || standing === undefined) return [];
    const { called, acted, right, heldOut, heldRight } = done;
    const { low, high } = wilson(right, acted, 90);
    // Labels with q >= eps are those of all that call for this tier or a higher one.
    const labels = tally.tiers.slice(i).reduce((sum, tier) => sum + tier.called, 0);
    const aDay = perDay(labels, tally.days);
    const { needs } = standing;
    return {
      tier: numbers.name,
      eps: numbers.eps,
      promise: numbers.promise,
      ...{ called, acted, right, rightShare: share(right, acted) },
      rightLow: acted === 0 ? null : low,
      rightHigh: acted === 0 ? null : high,
      counterfactual: numbers.kind === 'intervention',
      testedFrom: Math.ceil(testedFrom(numbers)),
      tested: acted + heldOut >= testedFrom(numbers),
      ...{ heldOut, heldRight },
      reachedShare: share(right, tally.longWaits),
      violations: promise.violations,
      leastSlack: promise.leastSlack,
      earnedAfter: tally.firstEarned[i] ?? null,
      earned: standing.earned,
      standing: standing.sentence,
      needs,
      needsDays: needs === null || aDay === null || aDay === 0 ? null : needs / aDay,
    };
  });
}

function recalibrationOf({ recalibration }: Stream): StreamReport['recalibration'] {
  if (recalibration === null) return null;
  const { promoted, rolledBack, epochs } = recalibration;
  return { promoted, rolledBack, epochs };
}

function coreReport({ core, stream }: Cluster): CoreReport | null {
  if (core === null) return null;
  const { calls, acted, heldOut, tiers, reached, longWaits } = core.tally;
  const actedByTier = tiers.map((tier) => tier.acted);
  const interventions = actedByTier.slice(2).reduce((sum, one) => sum + one, 0);
  const actedOfCore = share(stream.tally.acted, acted);
  return { calls, acted, heldOut, actedByTier, interventions, reachedShare: share(reached, longWaits), actedOfCore };
}

function naiveReports({ naive, stream }: Cluster): NaiveReport[] | null {
  if (naive === null) return null;
  return naive.outcomes().map((outcome) => {
    const reached = outcome.tiers.reduce((sum, { right }) => sum + right, 0);
    return { ...outcome, reached, reachedShare: share(reached, stream.tally.longWaits) };
  });
}

function mostFirst(counts: ReadonlyMap<string, PassedOverReport>): Record<string, PassedOverReport> {
  return Object.fromEntries([...counts].sort(([, a], [, b]) => b.calls - a.calls));
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

function perDay(count: number, days: number): number | null {
  return days < HOUR_OF_DAY ? null : count / days;
}
