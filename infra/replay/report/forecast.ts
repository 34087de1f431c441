import type { Cluster } from '../cluster.ts';
import type { ForecastName } from '../forecast/forecaster.ts';
import type { Stream } from '../stream.ts';
import { reliabilityOf, type Scores } from '../tally.ts';
import type { ForecastReport, Goodness, ServedReport } from './shape.ts';
import { share } from './share.ts';

/** Whose probabilities they are, in words. */
export const FORECAST_WORDS: Readonly<Record<ForecastName, string>> = {
  builtin: 'the built-in forecast',
  file: 'the experts on the file’s p',
  both: 'the built-in forecast, p let in',
};

/**
 * Which forecast was acted on, how good it was beside the base rate and the file's own p, and how the others would have done.
 *
 * @param room to sort in, 4 bytes a job
 */
export function forecastReport(
  { stream, others }: Cluster,
  scores: { readonly raw: Scores; readonly served: Scores },
  room: Uint32Array,
): ForecastReport {
  const { tally } = stream;
  const { served, raw } = scores;
  const baseRate = baseRateOf(share(tally.longWaits, tally.jobs - tally.censored));
  const { brier } = served;
  return {
    name: stream.forecast,
    ...goodnessOf(served),
    skill: brier === null || !baseRate.brier ? null : 1 - brier / baseRate.brier,
    withP: share(tally.withP, tally.jobs),
    vgacShare: share(tally.withVgac, tally.jobs),
    baseRate,
    rawP: raw.brier === null ? null : goodnessOf(raw),
    aged: stream.forecaster.aged,
    compared: [
      servedReport(stream, served),
      ...others.map((other) => servedReport(other, reliabilityOf(other.tally.served, room).scores)),
    ],
  };
}

function servedReport({ forecast, tally, promises }: Stream, scores: Scores): ServedReport {
  const { jobs, calls, acted, heldOut, longWaits, reached, upper90Held } = tally;
  return {
    name: forecast,
    ...goodnessOf(scores),
    vgacShare: share(tally.withVgac, jobs),
    jobs,
    calls,
    acted,
    actedOfCalls: share(acted, calls),
    heldOut,
    tiers: tally.tiers.map(({ acted, right, unknown }) => {
      return { acted, right, unknown, rightShare: share(right, acted - unknown) };
    }),
    longWaits,
    reached,
    reachedShare: share(reached, longWaits),
    chance: share(acted, jobs),
    upper90Held,
    promiseViolations: promises.reduce((sum, { violations }) => sum + violations, 0),
  };
}

function goodnessOf({ brier, logLoss, auroc }: Scores): Goodness {
  return { brier, logLoss, auroc };
}

/** A constant prediction ranks no job above another. */
function baseRateOf(rate: number | null): ForecastReport['baseRate'] {
  if (rate === null) return { share: null, brier: null, logLoss: null, auroc: null };
  const loss = (part: number): number => (part === 0 ? 0 : -part * Math.log(part));
  const auroc = rate === 0 || rate === 1 ? null : 0.5;
  return { share: rate, brier: rate * (1 - rate), logLoss: loss(rate) + loss(1 - rate), auroc };
}

/** The streams of a run combined, for each forecast that all of them were played with. */
export function pooled(reports: readonly ForecastReport[]): ServedReport[] {
  const [first] = reports;
  const names = first?.compared.map(({ name }) => name) ?? [];
  return names.flatMap((name) => {
    const parts = reports.flatMap(({ compared }) => compared.filter((one) => one.name === name));
    return parts.length < reports.length ? [] : [together(name, parts)];
  });
}

function together(name: ForecastName, parts: readonly ServedReport[]): ServedReport {
  const sum = (of: (part: ServedReport) => number): number => parts.reduce((total, part) => total + of(part), 0);
  const [jobs, calls, acted] = [sum((part) => part.jobs), sum((part) => part.calls), sum((part) => part.acted)];
  const [longWaits, reached] = [sum((part) => part.longWaits), sum((part) => part.reached)];
  const tiers = [0, 1, 2, 3].map((i) => {
    const of = (key: 'acted' | 'right' | 'unknown'): number => sum(({ tiers }) => tiers[i]?.[key] ?? 0);
    const [done, right, unknown] = [of('acted'), of('right'), of('unknown')];
    return { acted: done, right, unknown, rightShare: share(right, done - unknown) };
  });
  return {
    name,
    brier: null,
    logLoss: null,
    auroc: null,
    upper90Held: null,
    vgacShare: share(
      sum((part) => (part.vgacShare ?? 0) * part.jobs),
      jobs,
    ),
    jobs,
    calls,
    acted,
    actedOfCalls: share(acted, calls),
    heldOut: sum((part) => part.heldOut),
    tiers,
    longWaits,
    reached,
    reachedShare: share(reached, longWaits),
    chance: share(acted, jobs),
    promiseViolations: sum((part) => part.promiseViolations),
  };
}
