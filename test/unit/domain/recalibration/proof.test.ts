import { describe, expect, it } from 'vitest';
import { mapOf, throughMap } from '../../../../functions/domain/calibration/map.ts';
import type { ServedSample } from '../../../../functions/domain/calibration/served-sample.ts';
import { candidateFrom } from '../../../../functions/domain/recalibration/candidate.ts';
import {
  blocksOf,
  eceDifference,
  isBeyondNoise,
  logLoss,
  lossDifference,
} from '../../../../functions/domain/recalibration/difference.ts';
import { type Labelled, sampleOf } from '../../../../functions/domain/recalibration/labelled.ts';
import { rehearse } from '../../../../functions/domain/recalibration/rehearsal.ts';
import { jobs, seeded } from './simulated.ts';
import { LONG_WAIT, run } from './stream.ts';

/** The labels of simulated jobs in ledger order. */
function labelsOf(count: number, seed: number, truth: (p: number, i: number) => number): Labelled[] {
  return jobs(count, seed, truth)
    .map(({ p, longWait, submittedAt, labelAt }): Labelled => ({ p, y: longWait ? 1 : 0, submittedAt, labelAt }))
    .sort((a, b) => a.labelAt - b.labelAt || a.submittedAt - b.submittedAt);
}

/** A model that is wrong in a way that neither a line nor a bias can mend. */
const STEPS = (p: number): number => (p < 0.05 ? 0.02 : p < 0.15 ? 0.05 : 0.9);

const NONE = { from: null, to: null } as const;
const UPSIDE_DOWN = mapOf([
  [0, 0.9],
  [0.2, 0.1],
]);

describe('a rehearsal', () => {
  it('gives to the last bit what was served, where nothing is exchanged', () => {
    const rows = jobs(700, 3, (p) => Math.min(1, 2 * p));
    const {
      kept,
      exchanged,
      jobs: compared,
    } = rehearse(
      labelsOf(700, 3, (p) => Math.min(1, 2 * p)),
      { ...NONE, after: 0 },
    );
    const { q } = run(rows, 'off').served;
    const served = new Map(rows.map(({ submittedAt }, i) => [submittedAt, q[i]]));
    expect(compared).toHaveLength(700);
    expect(Array.from(kept)).toEqual(compared.map(({ submittedAt }) => served.get(submittedAt)));
    expect(exchanged).toEqual(kept);
  });

  it('compares only jobs that were submitted after the labels of the fit were known', () => {
    const labels = labelsOf(600, 4, (p) => p);
    const { jobs: compared } = rehearse(labels, { from: null, to: UPSIDE_DOWN, after: 300 });
    const known = labels[299]?.labelAt ?? 0;
    expect(compared.length).toBeGreaterThan(280);
    for (const { submittedAt } of compared) expect(submittedAt).toBeGreaterThanOrEqual(known);
  });

  it('has nothing to compare where all were submitted at once', () => {
    const burst = labelsOf(600, 4, (p) => p).map((label) => ({ ...label, submittedAt: 0 }));
    expect(rehearse(burst, { from: null, to: UPSIDE_DOWN, after: 300 }).jobs).toEqual([]);
  });

  it('lets a map join with a sixth of the weight, and learn from there', () => {
    const {
      kept,
      exchanged,
      jobs: compared,
    } = rehearse(
      labelsOf(600, 5, (p) => p),
      { from: null, to: UPSIDE_DOWN, after: 0 },
    );
    const first = compared.findIndex(({ submittedAt }) => submittedAt === 0);
    const alone = throughMap(UPSIDE_DOWN, compared[first]?.p ?? 0);
    expect(exchanged[first]).toBeCloseTo((5 * (kept[first] ?? 0) + alone) / 6, 12);
    // A map that is upside down has lost its weight long before the end.
    for (let i = 550; i < 600; i++) expect(Math.abs((exchanged[i] ?? 0) - (kept[i] ?? 0))).toBeLessThan(0.02);
  });

  it('never lets a job see its own label or a later one', () => {
    const labels = labelsOf(300, 4, (p) => p);
    const served = (of: readonly Labelled[]) => rehearse(of, { ...NONE, after: 0 }).kept;
    const before = served(labels);
    for (const i of [0, 17, 150, 299]) {
      const changed = labels.map((label, j) =>
        j === i ? { ...label, y: label.y === 1 ? (0 as const) : (1 as const) } : label,
      );
      const after = served(changed);
      const known = labels[i]?.labelAt ?? 0;
      for (const [j, { submittedAt }] of labels.entries()) {
        if (submittedAt < known || j === i) expect(after[j]).toBe(before[j]);
      }
    }
  });

  it('does not learn a label that is known in the second of its own submission before deciding the job', () => {
    const row: Labelled = { p: 0.3, y: 1, submittedAt: 60, labelAt: 60 };
    const [first, second] = rehearse([row, row], { ...NONE, after: 0 }).kept;
    expect(first).toBeCloseTo(0.3, 12);
    expect(second).toBeGreaterThan(0.3);
  });
});

describe('blocks of time', () => {
  it('are about equal in size where jobs come one by one', () => {
    const { count, of } = blocksOf(
      Float64Array.from({ length: 600 }, (_, i) => i * 600),
      10,
      LONG_WAIT,
    );
    expect(count).toBe(10);
    for (let block = 0; block < 10; block++) {
      const size = of.filter((other) => other === block).length;
      expect(size).toBeGreaterThanOrEqual(54);
      expect(size).toBeLessThanOrEqual(66);
    }
  });

  it('never split a burst, which has one queue and one fate', () => {
    const times = Float64Array.from({ length: 600 }, (_, i) => (i < 150 ? i * 600 : i < 400 ? 90_000 : i * 600));
    const { count, of } = blocksOf(times, 10, LONG_WAIT);
    expect(new Set(of.slice(150, 400)).size).toBe(1);
    expect(count).toBeLessThan(10);
  });

  it('do not depend on the order of the jobs', () => {
    const times = Float64Array.from({ length: 300 }, (_, i) => (i * 7919) % 100_003);
    const forth = blocksOf(times, 10, LONG_WAIT);
    const back = blocksOf(times.toReversed(), 10, LONG_WAIT);
    expect(back.count).toBe(forth.count);
    expect(back.of).toEqual(forth.of.toReversed());
  });

  it.each([
    ['nothing', []],
    ['a time that is none', [0, Number.NaN, 600]],
  ])('are none of %s', (_, times) => {
    expect(blocksOf(Float64Array.from(times), 10, LONG_WAIT).count).toBe(0);
  });
});

describe('a difference of two forecasts', () => {
  const random = seeded(5);
  const y: number[] = [];
  const [right, shifted]: [number[], number[]] = [[], []];
  for (let i = 0; i < 400; i++) {
    const p = 0.05 + 0.4 * random();
    y.push(random() < p ? 1 : 0);
    right.push(p);
    shifted.push(Math.min(1, p + 0.3));
  }
  const submittedAt = Float64Array.from(y, (_, i) => i * 300);
  const sample = (q: number[]): ServedSample => ({ q: Float64Array.from(q), y: Uint8Array.from(y), submittedAt });
  const [before, after] = [sample(shifted), sample(right)];
  const blocks = blocksOf(submittedAt, 10, LONG_WAIT);

  it('of log loss is the paired mean with the error of its blocks', () => {
    const loss = (q: number[]) => q.map((value, i) => -Math.log(y[i] === 1 ? value : 1 - value));
    const gains = loss(shifted).map((value, i) => value - (loss(right)[i] ?? 0));
    const mean = gains.reduce((a, b) => a + b, 0) / 400;
    const sums = Array.from({ length: 10 }, (_, block) =>
      gains.reduce((sum, gain, i) => (blocks.of[i] === block ? sum + gain - mean : sum), 0),
    );
    const robust = (sums.reduce((sum, one) => sum + one * one, 0) / 400 ** 2) * (10 / 9);
    const plain = gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) / 400 ** 2;
    const { gain, se } = lossDifference(before, after, blocks);
    expect(gain).toBeCloseTo(mean, 12);
    expect(se).toBeCloseTo(Math.sqrt(Math.max(robust, plain)), 12);
    expect(gain).toBeCloseTo(logLoss(before) - logLoss(after), 12);
  });

  it('sees .30 of miscalibration beyond noise, and none the other way round or in nothing', () => {
    const differences = [
      (one: ServedSample, other: ServedSample) => lossDifference(one, other, blocks),
      (one: ServedSample, other: ServedSample) => eceDifference(one, other, blocks, LONG_WAIT),
    ];
    for (const difference of differences) {
      expect(isBeyondNoise(difference(before, after), 1.645, blocks.count)).toBe(true);
      expect(isBeyondNoise(difference(after, before), 1.645, blocks.count)).toBe(false);
      expect(isBeyondNoise(difference(after, after), 1.645, blocks.count)).toBe(false);
    }
  });

  it('has a larger error where the jobs came in bursts', () => {
    const bursts = blocksOf(
      Float64Array.from(y, (_, i) => Math.floor(i / 80) * 7200),
      10,
      LONG_WAIT,
    );
    expect(bursts.count).toBe(5);
    // As many jobs were wrong in each burst as in none: half of the bursts gain, half lose.
    const drifting = sample(right.map((p, i) => (Math.floor(i / 80) % 2 === 0 ? p : 0.9)));
    expect(lossDifference(drifting, after, bursts).se).toBeGreaterThan(
      3 * lossDifference(drifting, after, single()).se,
    );
  });

  /** Every job a block of its own. */
  const single = () => ({ count: y.length, of: Uint32Array.from(y, (_, i) => i) });

  it('charges a certain mistake with no more than ln 1000', () => {
    expect(logLoss({ q: Float64Array.of(0), y: Uint8Array.of(1), submittedAt: Float64Array.of(0) })).toBeCloseTo(
      Math.log(1000),
      12,
    );
  });

  it('takes more to be beyond noise the fewer blocks there are, as Student has it', () => {
    // t of one-sided .05 with 4 and with 9 degrees of freedom: 2.132 and 1.833.
    expect(isBeyondNoise({ gain: 2.17, se: 1 }, 1.645, 5)).toBe(true);
    expect(isBeyondNoise({ gain: 2.1, se: 1 }, 1.645, 5)).toBe(false);
    expect(isBeyondNoise({ gain: 1.85, se: 1 }, 1.645, 10)).toBe(true);
    expect(isBeyondNoise({ gain: 1.81, se: 1 }, 1.645, 10)).toBe(false);
  });

  it('is no gain where it is no number', () => {
    const nothing = { q: new Float64Array(), y: new Uint8Array(), submittedAt: new Float64Array() };
    expect(isBeyondNoise(lossDifference(nothing, nothing, { count: 0, of: new Uint32Array() }), 0, 10)).toBe(false);
    expect(isBeyondNoise({ gain: Number.NaN, se: 0 }, 0, 10)).toBe(false);
    expect(isBeyondNoise({ gain: 1, se: Number.NaN }, 1.645, 10)).toBe(false);
    expect(isBeyondNoise({ gain: 1, se: 0 }, 1.645, 1)).toBe(false);
  });
});

describe('a candidate', () => {
  const candidate = (labels: readonly Labelled[]) => candidateFrom(labels, null, LONG_WAIT);

  it('is not fitted on fewer than 300 labels, and says how many are missing', () => {
    expect(candidate(labelsOf(299, 1, (p) => p))).toEqual({
      better: false,
      reason: 'needs 1 more labels (299 of 300)',
      knots: null,
      proof: null,
    });
  });

  it('is not proven by a burst, however large', () => {
    const burst = labelsOf(1200, 7, STEPS).map((label, i) => (i < 600 ? label : { ...label, submittedAt: 36_500 }));
    const { better, reason } = candidate(burst.map((label) => ({ ...label, labelAt: label.submittedAt + 300 })));
    expect(better).toBe(false);
    expect(reason).toMatch(/^needs jobs of 5 stretches of time, submitted after it was fitted \(\d so far\)$/);
  });

  it('is better for a model whose p are far from the truth in a way that the other experts cannot mend', () => {
    const { better, proof, knots } = candidate(labelsOf(2000, 7, STEPS));
    expect(better).toBe(true);
    expect(proof).toMatchObject({ fitted: 600, blocks: 10 });
    // The few jobs that were submitted before the last of the older labels was known prove nothing.
    expect(proof?.n).toBeGreaterThan(590);
    expect(proof?.n).toBeLessThanOrEqual(600);
    expect(proof?.after.loss).toBeLessThan(proof?.before.loss ?? 0);
    expect(proof?.mapAfter.ece).toBeLessThan(proof?.mapBefore.ece ?? 0);
    expect(knots?.length).toBeLessThanOrEqual(32);
  });

  it('is not better a second time: what it could add is served already', () => {
    const labels = labelsOf(2000, 7, STEPS);
    expect(candidateFrom(labels, mapOf(candidate(labels.slice(0, 1200)).knots), LONG_WAIT).better).toBe(false);
  });

  it('is not needed for what the other experts mend by themselves', () => {
    // Too low throughout: the bias and the Platt maps follow.
    expect(candidate(labelsOf(1200, 9, (p) => Math.min(0.95, 2 * p))).better).toBe(false);
  });

  it('is promoted in fewer than one in fifty attempts on a model that is perfect', () => {
    let promoted = 0;
    const attempts = 100;
    for (let seed = 1; seed <= attempts; seed++) if (candidate(labelsOf(600, seed, (p) => p)).better) promoted += 1;
    expect(promoted).toBeLessThan(attempts / 50);
  });

  it('is the same whatever the order of jobs that share their times', () => {
    const labels = labelsOf(1200, 11, STEPS).map((label, i): Labelled => {
      const second = Math.floor(i / 3) * 180;
      return { ...label, submittedAt: second, labelAt: second + 180 };
    });
    const turned = labels.map((_, i) => labels[Math.floor(i / 3) * 3 + 2 - (i % 3)] ?? labels[0]);
    const [one, other] = [candidate(labels), candidate(turned.flatMap((label) => label ?? []))];
    expect(other.knots).toEqual(one.knots);
    expect(other.proof?.ece).toEqual(one.proof?.ece);
    expect(other.better).toBe(one.better);
  });

  it('says what its proof showed, and what it takes', () => {
    expect(candidate(labelsOf(600, 1, (p) => p)).reason).toMatch(
      /^over \d+ later labels served log loss (falls|rises) by .+ ± .+, the map's own ECE .+ ± .+; both have to fall beyond noise$/,
    );
  });
});

describe('a sample', () => {
  it('keeps the order of its labels', () => {
    const labels = labelsOf(3, 1, (p) => p);
    const q = Float64Array.of(0.1, 0.2, 0.3);
    expect(sampleOf(labels, q)).toMatchObject({ q, submittedAt: Float64Array.from(labels, (l) => l.submittedAt) });
  });
});
