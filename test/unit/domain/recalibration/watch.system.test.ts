import { describe, expect, it } from 'vitest';
import { deserialiseLearned, serialiseLearned } from '../../../../functions/domain/forecast/codec.ts';
import { type Learned, nothingLearned } from '../../../../functions/domain/forecast/state.ts';
import { RECALIBRATION } from '../../../../functions/domain/recalibration/numbers.ts';
import { refitFrom } from '../../../../functions/domain/recalibration/refit.ts';
import { judgeRefit, type Watched, watchedInWords } from '../../../../functions/domain/recalibration/watch.ts';
import { Cluster, LONG_WAIT, REGIMES } from './history.ts';

/** Puts something else in force after so many jobs, and looks at it after each hundred more. */
function watch(cluster: Cluster, jobs: number, other: (cluster: Cluster) => Learned): Watched & { restored: Learned } {
  cluster.submit(jobs);
  const before = serialiseLearned(cluster.learned);
  const place = cluster.facts.length;
  cluster.learned = other(cluster);
  for (;;) {
    cluster.submit(100);
    const restored = deserialiseLearned(before);
    const watched = judgeRefit(cluster.since(place), restored, LONG_WAIT);
    if (watched.standing !== 'watching') return { ...watched, restored };
  }
}

/** What the other regime has taught. */
function ofAnotherCluster(): Learned {
  const other = new Cluster({ seed: 99, truth: REGIMES.other });
  other.submit(4000);
  return other.learned;
}

describe('a refit that was promoted', () => {
  it('goes within 500 labels where it is worse, on every one of eight', () => {
    for (let seed = 1; seed <= 8; seed++) {
      const worse = watch(new Cluster({ seed, truth: REGIMES.one, withP: 0.3 }), 3000, ofAnotherCluster);
      expect(worse.standing, watchedInWords(worse)).toBe('worse');
      expect(worse.n).toBeLessThanOrEqual(RECALIBRATION.watch.labels);
      expect(watchedInWords(worse)).toMatch(
        /^over \d+ jobs the models before would have had a log loss .* lower: they come back$/,
      );
    }
  });

  it('gives way to what was there before, which has learned from the jobs since', () => {
    const twin = new Cluster({ seed: 3, truth: REGIMES.one });
    const cluster = new Cluster({ seed: 3, truth: REGIMES.one });
    const { restored, n } = watch(cluster, 3000, () => nothingLearned());
    twin.submit(3000 + Math.ceil(n / 100) * 100);
    // To the seven digits of a stored covariance.
    const [played, was] = [restored.queueOnly.logistic.weights, twin.learned.queueOnly.logistic.weights];
    for (const [i, weight] of played.entries()) expect(weight).toBeCloseTo(was[i] ?? Number.NaN, 6);
  });

  it('stays where it was rightly promoted', () => {
    for (let seed = 1; seed <= 6; seed++) {
      const truth = (inputs: Float64Array, i: number) => (i < 6000 ? REGIMES.one(inputs) : REGIMES.other(inputs));
      const held = watch(
        new Cluster({ seed, truth }),
        7500,
        (cluster) => refitFrom(cluster.newest(5000), LONG_WAIT).learned,
      );
      expect(held.standing, watchedInWords(held)).toBe('held');
      expect(held.n).toBeGreaterThanOrEqual(RECALIBRATION.watch.labels);
    }
  });

  it('is neither held nor gone while its jobs are of too few stretches of time', () => {
    const cluster = new Cluster({ seed: 1, truth: REGIMES.one, every: 0.1 });
    cluster.submit(6000);
    const place = cluster.facts.length;
    const before = structuredClone(cluster.learned);
    cluster.learned = ofAnotherCluster();
    cluster.submit(9000);
    const watched = judgeRefit(cluster.since(place), before, LONG_WAIT);
    expect(watched).toMatchObject({ standing: 'watching', gain: null });
    expect(watchedInWords(watched)).toMatch(/too few stretches of time/);
  });
});
