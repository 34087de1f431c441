import { describe, expect, it } from 'vitest';
import { debiasedEce } from '../../../../functions/domain/calibration/debiased-ece.ts';
import { inOrderOfQ } from '../../../../functions/domain/calibration/served-sample.ts';
import { SimulatedCluster } from '../../../../infra/demo/simulator/cluster.ts';
import { eventLoop } from '../../../../infra/demo/simulator/event-loop.ts';
import { trainPredictor } from '../../../../infra/demo/simulator/predictor.ts';
import type { Profile } from '../../../../infra/demo/simulator/profile.ts';
import { burstySlurm, quietK8s } from '../../../../infra/demo/simulator/profiles.ts';
import { seededRandom } from '../../../../infra/demo/simulator/random.ts';
import { START } from './small-cluster.ts';

const DAY_MS = 86_400_000;
const REGIME_AT = START + 1.6 * DAY_MS;
const SEEDS = [10, 11, 12, 13, 14, 15, 16, 17, 18, 19];

interface Settled {
  readonly q: number;
  readonly y: number;
  /** Seconds since the epoch. */
  readonly submittedAt: number;
}

/** Plays two and a half days and pairs each prediction with what came of it, before and after the regime change. */
function outcomes(profile: Profile, seed: number) {
  const clock = eventLoop(START);
  const options = { profile, clock, random: seededRandom(seed), emit: () => undefined, regimeAt: REGIME_AT };
  const cluster = new SimulatedCluster(options);
  cluster.start({ until: START + 2.5 * DAY_MS });
  clock.runUntil(START + 5 * DAY_MS);
  const predictor = profile === quietK8s ? predictors.quiet : predictors.bursty;
  const settled = { before: [] as Settled[], after: [] as Settled[] };
  let jobs = 0;
  for (const { arrival, startedAt, features } of cluster.jobs()) {
    jobs++;
    if (startedAt === null) continue;
    const long = startedAt - arrival.submittedAt > profile.longWaitSeconds * 1_000;
    const { pLongWait: q } = predictor.predict(features);
    const job = { q, y: long ? 1 : 0, submittedAt: arrival.submittedAt / 1_000 };
    (profile.regime && arrival.submittedAt >= REGIME_AT ? settled.after : settled.before).push(job);
  }
  return { jobs, ...settled };
}

function eceOf(jobs: readonly Settled[]) {
  const sample = {
    q: Float64Array.from(jobs, ({ q }) => q),
    y: Uint8Array.from(jobs, ({ y }) => y),
    submittedAt: Float64Array.from(jobs, ({ submittedAt }) => submittedAt),
  };
  return debiasedEce(inOrderOfQ(sample), 300);
}

const predictors = { quiet: trainPredictor(quietK8s, 1), bursty: trainPredictor(burstySlurm, 1) };
const share = (jobs: readonly Settled[]) => jobs.reduce((sum, { y }) => sum + y, 0) / jobs.length;
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('the trained predictor', () => {
  it('is the same for the same profile and seed', () => {
    const features = {
      fitsNow: false,
      estimatedWaitSeconds: 200,
      ahead: 0.3,
      size: 0.1,
      usualAdmission: 20,
      recent: 4,
    };
    expect(trainPredictor(burstySlurm, 1).predict(features)).toEqual(predictors.bursty.predict(features));
    expect(predictors.bursty.validation.samples).toBeGreaterThan(1_000);
  });

  it('gives probabilities and waits for whatever it is asked', () => {
    for (const estimatedWaitSeconds of [0, 1, 300, 1e5, 1e9]) {
      for (const ahead of [0, 1, 50]) {
        const features = { fitsNow: false, estimatedWaitSeconds, ahead, size: 2, usualAdmission: 20, recent: 100 };
        const { pLongWait, waitSeconds, confidence } = predictors.quiet.predict(features);
        expect(pLongWait).toBeGreaterThan(0);
        expect(pLongWait).toBeLessThan(1);
        expect(waitSeconds).toBeGreaterThanOrEqual(0);
        expect(Number.isFinite(waitSeconds)).toBe(true);
        expect(confidence).toBeGreaterThanOrEqual(0.5);
      }
    }
  });

  it('expects a longer wait in a longer queue', () => {
    const at = (estimatedWaitSeconds: number, ahead: number) =>
      predictors.bursty.predict({
        fitsNow: ahead === 0,
        estimatedWaitSeconds,
        ahead,
        size: 0.05,
        usualAdmission: 20,
        recent: 2,
      });
    expect(at(0, 0).pLongWait).toBeLessThan(0.05);
    expect(at(3_600, 1).pLongWait).toBeGreaterThan(0.9);
    expect(at(3_600, 1).waitSeconds).toBeGreaterThan(at(0, 0).waitSeconds);
  });
});

describe.each([
  { profile: quietK8s, jobs: [480, 600], long: [0.12, 0.25] },
  { profile: burstySlurm, jobs: [700, 820], long: [0.25, 0.45] },
] as const)('profile $profile.name', ({ profile, jobs: expected, long }) => {
  const runs = SEEDS.map((seed) => outcomes(profile, seed));

  it('brings hundreds of jobs in two and a half days', () => {
    expect(mean(runs.map(({ jobs }) => jobs))).toBeGreaterThan(expected[0]);
    expect(mean(runs.map(({ jobs }) => jobs))).toBeLessThan(expected[1]);
  });

  it('has its share of long waits', () => {
    const shares = runs.map(({ before }) => share(before));
    expect(mean(shares)).toBeGreaterThan(long[0]);
    expect(mean(shares)).toBeLessThan(long[1]);
  });

  it('is predicted well calibrated as long as nothing changes', () => {
    const eces = runs.map(({ before }) => eceOf(before)?.ece ?? Number.NaN);
    expect(eces.filter((ece) => ece < 0.03).length).toBeGreaterThanOrEqual(9);
  });
});

describe('the regime change of the bursty cluster', () => {
  it.each(SEEDS)('makes the predictor badly wrong (seed %d)', (seed) => {
    const { after } = outcomes(burstySlurm, seed);
    expect(after.length).toBeGreaterThan(100);
    expect(eceOf(after)?.lower).toBeGreaterThan(0.15);
  });
});
