import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { serialiseLearned } from '../../../../functions/domain/forecast/codec.ts';
import { INPUTS, OWN_INPUTS } from '../../../../functions/domain/forecast/inputs.ts';
import { nothingLearned } from '../../../../functions/domain/forecast/state.ts';
import type { Fact } from '../../../../functions/domain/recalibration/fact.ts';
import { RECALIBRATION } from '../../../../functions/domain/recalibration/numbers.ts';
import { play } from '../../../../functions/domain/recalibration/play.ts';
import { refitFrom } from '../../../../functions/domain/recalibration/refit.ts';
import { Cluster, LONG_WAIT, REGIMES, type Truth } from './history.ts';

const { window } = RECALIBRATION;

const changing =
  (from: number): Truth =>
  (inputs, i) =>
    i < from ? REGIMES.one(inputs) : REGIMES.other(inputs);

function newestAfter(cluster: Cluster, jobs: number): Fact[] {
  cluster.submit(jobs);
  return cluster.newest(window);
}

describe('a refit', () => {
  it('is better once a cluster has changed, on every one of eight', () => {
    for (let seed = 1; seed <= 8; seed++) {
      const cluster = new Cluster({ seed, truth: changing(6000), withP: 0.5 });
      const refit = refitFrom(newestAfter(cluster, 7500), LONG_WAIT);
      expect(refit.better, refit.reason).toBe(true);
      expect(refit.reason).toMatch(/^on the newest 1\d{3} jobs served log loss falls by 0\.\d{4} ± 0\.\d{4}$/);
      expect(refit.proof?.after.loss).toBeLessThan(refit.proof?.before.loss ?? 0);
      expect(refit.proof?.fitted).toBe(3500);
    }
  });

  it('is hardly ever better where nothing has changed: at most one of 24', () => {
    let better = 0;
    for (let seed = 1; seed <= 6; seed++) {
      const cluster = new Cluster({ seed, truth: REGIMES.one, withP: 0.5 });
      cluster.submit(4000);
      for (let i = 0; i < 4; i++) if (refitFrom(newestAfter(cluster, 1500), LONG_WAIT).better) better += 1;
    }
    expect(better).toBeLessThanOrEqual(1);
  });

  it('learns a history from its beginning exactly as the fold did, and is no gain then', () => {
    const cluster = new Cluster({ seed: 1, truth: REGIMES.one, withP: 0.5 });
    const { better, proof, learned } = refitFrom(newestAfter(cluster, 2000), LONG_WAIT);
    expect(proof).toMatchObject({ gain: 0, se: 0 });
    expect(better).toBe(false);
    expect(serialiseLearned(learned)).toEqual(serialiseLearned(cluster.learned));
  });

  it('is the same from the same ledger, and leaves that as it is', () => {
    const facts = newestAfter(new Cluster({ seed: 2, truth: changing(2000), withP: 0.5 }), 3000);
    const copy = structuredClone(facts);
    const [one, other] = [refitFrom(facts, LONG_WAIT), refitFrom(facts, LONG_WAIT)];
    expect(serialiseLearned(other.learned)).toEqual(serialiseLearned(one.learned));
    expect(other.proof).toEqual(one.proof);
    expect(facts).toEqual(copy);
  });

  it('needs 200 labels among the newest rounds, and 5 stretches of time', () => {
    const few = refitFrom(newestAfter(new Cluster({ seed: 3, truth: REGIMES.one }), 600), LONG_WAIT);
    expect(few).toMatchObject({ better: false, proof: null });
    expect(few.reason).toMatch(/^needs 2\d more labels of the newest rounds \(17\d of 200\)$/);
    const burst = refitFrom(newestAfter(new Cluster({ seed: 3, truth: REGIMES.one, every: 0.1 }), 6000), LONG_WAIT);
    expect(burst).toMatchObject({ better: false, proof: null });
    expect(refitFrom([], LONG_WAIT)).toMatchObject({ better: false, proof: null });
  });

  it('counts jobs of one stretch of time as one fact', () => {
    const spread = refitFrom(newestAfter(new Cluster({ seed: 4, truth: changing(6000) }), 7500), LONG_WAIT);
    const dense = refitFrom(newestAfter(new Cluster({ seed: 4, truth: changing(6000), every: 2 }), 7500), LONG_WAIT);
    expect(spread.proof?.stretches).toBeGreaterThan(20);
    expect(dense.proof?.stretches).toBeLessThan(15);
  });

  it('learns finite numbers whatever the inputs are, a p that is none among them', () => {
    const value = fc.oneof(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.constant(0));
    const round = fc.record({
      own: fc.array(value, { minLength: OWN_INPUTS, maxLength: OWN_INPUTS }),
      p: fc.option(value, { nil: Number.NaN }),
      long: fc.boolean(),
      waitSeconds: fc.double({ min: 0, max: 1e9, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(round, { minLength: 1, maxLength: 60 }), (rounds) => {
        const facts = rounds.flatMap(({ own, p, long, waitSeconds }, i): Fact[] => {
          const z = new Float64Array(INPUTS.length + 1);
          const taught = { z, bWithoutVgac: 0.5, bWithVgac: Number.NaN };
          const said = { q: 0.5, withVgac: !Number.isNaN(p), taught, y: long ? 1 : 0 } as const;
          return [
            { kind: 'submitted', round: i, submittedAt: i, inputs: Float64Array.from([...own, p]) },
            { kind: 'labelled', round: i, submittedAt: i, ...said },
            { kind: 'started', round: i, waitSeconds, z },
          ];
        });
        const { learned } = refitFrom(facts, LONG_WAIT);
        const { moments, queueOnly, withVgac, wait } = learned;
        const all = [
          moments.mean,
          moments.variance,
          queueOnly.logistic.weights,
          withVgac.logistic.weights,
          wait.weights,
        ];
        for (const numbers of all) for (const number of numbers) expect(Number.isFinite(number)).toBe(true);
      }),
    );
  });

  it('takes no second for all of its rounds', () => {
    const facts = newestAfter(new Cluster({ seed: 5, truth: REGIMES.one, withP: 1 }), window);
    refitFrom(facts, LONG_WAIT);
    const began = performance.now();
    refitFrom(facts, LONG_WAIT);
    expect(performance.now() - began).toBeLessThan(1000);
  });

  it('leaves out what is told of rounds from before its window', () => {
    const cluster = new Cluster({ seed: 6, truth: REGIMES.one });
    cluster.submit(1000);
    const place = cluster.facts.length;
    cluster.submit(1000);
    const since = cluster.since(place);
    const own = new Set(since.flatMap(({ kind, round }) => (kind === 'submitted' ? round : [])));
    expect(since.some(({ round }) => !own.has(round))).toBe(true);
    const learned = serialiseLearned(refitFrom(since, LONG_WAIT).learned);
    expect(
      serialiseLearned(
        refitFrom(
          since.filter(({ round }) => own.has(round)),
          LONG_WAIT,
        ).learned,
      ),
    ).toEqual(learned);
  });
});

describe('what was learned, played on', () => {
  it('is what it would have become, also where rounds were decided before', () => {
    const cluster = new Cluster({ seed: 7, truth: REGIMES.one, withP: 0.5 });
    cluster.submit(1000);
    const place = cluster.facts.length;
    const learned = structuredClone(cluster.learned);
    cluster.submit(1000);
    play(learned, cluster.since(place));
    expect(serialiseLearned(learned)).toEqual(serialiseLearned(cluster.learned));
    expect(serialiseLearned(learned)).not.toEqual(serialiseLearned(nothingLearned()));
  });
});
