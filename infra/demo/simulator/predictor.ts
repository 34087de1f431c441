import { brierScore } from '../../../functions/domain/calibration/brier.ts';
import { canonicalEce } from '../../../functions/domain/calibration/ece.ts';
import { SimulatedCluster } from './cluster.ts';
import { eventLoop } from './event-loop.ts';
import type { Features } from './feature-set.ts';
import { dot, leastSquares, logisticRegression, sigmoid } from './fit.ts';
import type { Profile } from './profile.ts';
import { seededRandom } from './random.ts';

const DAY_MS = 86_400_000;
/** Long enough for thousands of jobs, short enough to train in well under a second. */
const TRAINING_DAYS = 45;
/** The newest part of the past is held out of the fit; it yields the ECE that VGAC states for itself. */
const HELD_OUT = 0.3;
const GROUP = 20;

export interface Forecast {
  /** P(wait > T). */
  readonly pLongWait: number;
  readonly waitSeconds: number;
  /** Confidence in the class: max(p, 1 - p). */
  readonly confidence: number;
}

/** What the model knows about its own quality from before it was used: it does not notice a regime change. */
export interface Validation {
  readonly ece: number;
  readonly brier: number;
  readonly samples: number;
}

export interface Predictor {
  predict(features: Features): Forecast;
  readonly validation: Validation;
}

interface Past {
  readonly features: Features;
  readonly waitSeconds: number;
  readonly long: 0 | 1;
}

/**
 * Trains an honest predictor on an earlier period of the same kind of cluster, simulated with another seed in the old
 * regime. Logistic regression on what was known at submission, then calibrated by the frequency of long waits at
 * similar scores; the point wait is the typical wait (geometric mean) of such jobs. The same profile and seed give
 * the same model.
 */
export function trainPredictor(profile: Profile, seed: number): Predictor {
  const past = playPast(profile, seed);
  const cut = Math.floor(past.length * (1 - HELD_OUT));
  const [older, newer] = [past.slice(0, cut), past.slice(cut)];
  const coefficients = logisticRegression(
    older.map(({ features }) => vector(features)),
    older.map(({ long }) => long),
  );
  const score = (features: Features) => sigmoid(dot(vector(features), coefficients));
  const waitOf = fitWaits(older);
  // Calibrated on the whole past, since 30 % of it contains few long waits on a quiet cluster.
  const calibrate = isotonicFrequencies(past.map(({ features, long }) => ({ score: score(features), long })));
  const predict = (features: Features): Forecast => {
    const pLongWait = calibrate(score(features));
    return { pLongWait, waitSeconds: waitOf(features), confidence: Math.max(pLongWait, 1 - pLongWait) };
  };
  const heldOut = newer.map(({ features, long }) => ({ p: predict(features).pLongWait, y: long }));
  const validation = { ece: canonicalEce(heldOut) ?? 0, brier: brierScore(heldOut) ?? 0, samples: heldOut.length };
  return { predict, validation };
}

/** Every job of the past that started, in order of submission. */
function playPast(profile: Profile, seed: number): Past[] {
  const end = Date.UTC(2026, 0, 1);
  const clock = eventLoop(end - TRAINING_DAYS * DAY_MS);
  const cluster = new SimulatedCluster({ profile, clock, random: seededRandom(seed), emit: () => undefined });
  cluster.start({ until: end });
  clock.runUntil(end + DAY_MS);
  const past: Past[] = [];
  for (const { startedAt, features, arrival } of cluster.jobs()) {
    if (startedAt === null) continue;
    const waitSeconds = (startedAt - arrival.submittedAt) / 1_000;
    past.push({ features, waitSeconds, long: waitSeconds > profile.longWaitSeconds ? 1 : 0 });
  }
  return past;
}

function vector({ fitsNow, estimatedWaitSeconds, ahead, size, usualAdmission, recent }: Features): number[] {
  const wait = Math.log1p(estimatedWaitSeconds) / 8;
  return [
    1,
    fitsNow ? 1 : 0,
    wait,
    wait * wait,
    estimatedWaitSeconds > 300 ? 1 : 0,
    Math.min(ahead, 3),
    size,
    Math.log1p(recent),
    usualAdmission / 300,
  ];
}

/** Typical waits, fitted separately for jobs that fit at once and jobs that must queue. */
function fitWaits(past: readonly Past[]): (features: Features) => number {
  const regression = (group: readonly Past[]) =>
    leastSquares(
      group.map(({ features }) => vector(features)),
      group.map(({ waitSeconds }) => Math.log1p(waitSeconds)),
    );
  const atOnce = regression(past.filter(({ features }) => features.fitsNow));
  const queued = regression(past.filter(({ features }) => !features.fitsNow));
  return (features) => {
    const log = dot(vector(features), features.fitsNow ? atOnce : queued);
    return Math.round(Math.expm1(Math.max(0, Math.min(12, log))));
  };
}

/**
 * Maps a score to the frequency of long waits at similar scores: groups of a few jobs, neighbours pooled until the
 * frequency never falls as the score rises (isotonic), interpolated linearly between pools.
 */
function isotonicFrequencies(pairs: readonly { score: number; long: number }[]): (score: number) => number {
  const sorted = [...pairs].sort((a, b) => a.score - b.score);
  const pools: { jobs: number; score: number; long: number }[] = [];
  // A pool that is all short or all long is rare evidence, not certainty.
  const frequency = (pool: { jobs: number; long: number }) => (pool.long + 0.5) / (pool.jobs + 1);
  for (let from = 0; from < sorted.length; from += GROUP) {
    const part = sorted.slice(from, from + GROUP);
    const sum = (of: (pair: { score: number; long: number }) => number) =>
      part.reduce((total, pair) => total + of(pair), 0);
    let pool = { jobs: part.length, score: sum(({ score }) => score), long: sum(({ long }) => long) };
    for (let last = pools.at(-1); last && frequency(last) >= frequency(pool); last = pools.at(-1)) {
      pool = { jobs: pool.jobs + last.jobs, score: pool.score + last.score, long: pool.long + last.long };
      pools.pop();
    }
    pools.push(pool);
  }
  const knots = pools.map((pool) => ({ score: pool.score / pool.jobs, frequency: frequency(pool) }));
  return (score) => {
    const after = knots.findIndex((knot) => knot.score >= score);
    const high = knots[after] ?? knots.at(-1);
    const low = after > 0 ? knots[after - 1] : high;
    if (!high || !low) return 0.5;
    const span = high.score - low.score;
    return span <= 0 ? high.frequency : low.frequency + ((high.frequency - low.frequency) * (score - low.score)) / span;
  };
}
