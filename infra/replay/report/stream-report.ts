import { psiNeeds, psiOf } from '../../../functions/domain/calibration/psi.ts';
import { testedFrom } from '../../../functions/domain/tier-numbers.ts';
import { tierStandings } from '../../../functions/domain/tiers.ts';
import type { Cluster } from '../cluster.ts';
import type { FileResult, NamedStream } from '../replay-file.ts';
import type { Stream } from '../stream.ts';
import { reliabilityOf } from '../tally.ts';
import { forecastReport } from './forecast.ts';
import type { CoreReport, FileReport, NaiveReport, PassedOverReport, StreamReport, TierReport } from './shape.ts';
import { share } from './share.ts';
import { verdictOf } from './verdict.ts';
import { wilson } from './wilson.ts';

const HOUR_OF_DAY = 1 / 24;

export function fileReport({ path, failure, faults }: FileResult): FileReport {
  const kinds = Object.fromEntries(faults.kinds);
  return {
    path,
    failure,
    notes: faults.notes,
    skippedRows: faults.count,
    skippedKinds: kinds,
    firstSkipped: faults.first,
  };
}

export function streamReport({ name, cluster }: NamedStream, jobsPerSecond: number | null): StreamReport {
  const { stream, rounds } = cluster;
  const { tally, state, rules } = stream;
  const { jobs, days, acted, asked, alsoAsked, longWaits, reached } = tally;
  const room = new Uint32Array(jobs);
  const [raw, served] = [reliabilityOf(tally.raw, room), reliabilityOf(tally.served, room)];
  const tiers = tierReports(stream);
  // Keeping a hold is a question to a human too.
  const questions = asked + alsoAsked + (rules.name === 'all' ? (tally.tiers[3]?.acted ?? 0) : 0);
  const figures = {
    jobs,
    nothingNeeded: tally.nothingNeeded,
    acted,
    heldOut: tally.heldOut,
    asked,
    withheld: tally.withheld,
    late: 0,
    failed: 0,
    undecided: 0,
    alsoAsked,
    calls: tally.calls,
    actedOfCalls: share(acted, tally.calls),
    longWaits,
    censored: tally.censored,
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
    forecast: forecastReport(cluster, { raw: raw.scores, served: served.scores }, room),
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
    ece: { raw: raw.scores.ece, served: served.scores.ece, null: served.scores.null, n: tally.served.n },
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
    const { called, acted, right, unknown, heldOut, heldRight, heldUnknown } = done;
    const known = acted - unknown;
    const { low, high } = wilson(right, known, 90);
    // Labels with q >= eps are those of all jobs that call for this tier or a higher one.
    const labels = tally.tiers.slice(i).reduce((sum, tier) => sum + tier.called, 0);
    const aDay = perDay(labels, tally.days);
    const { needs } = standing;
    return {
      tier: numbers.name,
      eps: numbers.eps,
      promise: numbers.promise,
      called,
      acted,
      right,
      unknown,
      rightShare: share(right, known),
      rightLow: known === 0 ? null : low,
      rightHigh: known === 0 ? null : high,
      counterfactual: numbers.kind === 'intervention',
      testedFrom: Math.ceil(testedFrom(numbers)),
      tested: acted + heldOut >= testedFrom(numbers),
      heldOut,
      heldRight,
      heldUnknown,
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

function recalibrationOf({ forecaster: { recalibration } }: Stream): StreamReport['recalibration'] {
  if (recalibration === null) return null;
  const { promoted, rolledBack, rejected, epochs } = recalibration;
  return { promoted, rolledBack, rejected, epochs };
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

function perDay(count: number, days: number): number | null {
  return days < HOUR_OF_DAY ? null : count / days;
}
