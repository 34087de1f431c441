import { describe, expect, it } from 'vitest';
import type { Pair } from '../../../../functions/domain/calibration/bins.ts';
import { candidateFrom } from '../../../../functions/domain/recalibration/candidate.ts';
import {
  eceDifference,
  isBeyondNoise,
  logLoss,
  lossDifference,
} from '../../../../functions/domain/recalibration/difference.ts';
import { type Labelled, pairsOf, sampleOf } from '../../../../functions/domain/recalibration/labelled.ts';
import { RECALIBRATION } from '../../../../functions/domain/recalibration/numbers.ts';
import { rehearse } from '../../../../functions/domain/recalibration/rehearsal.ts';
import { jobs, seeded } from './simulated.ts';
import { LONG_WAIT, run } from './stream.ts';

/** The labels of simulated jobs in ledger order, with the q that was served without any map. */
function labelsOf(count: number, seed: number, truth: (p: number, i: number) => number): Labelled[] {
  const rows = jobs(count, seed, truth);
  const { served } = run(rows, 'off');
  return rows
    .map((row, i): Labelled => ({ ...row, q: served[i]?.p ?? 0, y: row.longWait ? 1 : 0, epoch: 0 }))
    .sort((a, b) => a.labelAt - b.labelAt);
}

describe('a rehearsal', () => {
  it('gives to the last bit what was served, when it rehearses the epoch that was in force', () => {
    const labels = labelsOf(700, 3, (p) => Math.min(1, 2 * p));
    expect(rehearse(null, labels)).toEqual(labels.map(({ q }) => q));
  });

  it('never lets a job see its own label or a later one', () => {
    const labels = labelsOf(300, 4, (p) => p);
    const before = rehearse(null, labels);
    for (const i of [0, 17, 150, 299]) {
      const changed = labels.map((label, j) =>
        j === i ? { ...label, y: label.y === 1 ? (0 as const) : (1 as const) } : label,
      );
      const after = rehearse(null, changed);
      const known = labels[i]?.labelAt ?? 0;
      for (const [j, { submittedAt }] of labels.entries()) {
        if (submittedAt < known || j === i) expect(after[j]).toBe(before[j]);
      }
    }
  });

  it('does not learn a label that is known in the second of its own submission before deciding the job', () => {
    const row = { p: 0.3, q: 0.3, y: 1 as const, submittedAt: 60, labelAt: 60, epoch: 0 };
    const [first, second] = rehearse(null, [row, row]);
    expect(first).toBeCloseTo(0.3, 12);
    expect(second).toBeGreaterThan(0.3);
  });
});

describe('a difference of two forecasts', () => {
  const random = seeded(5);
  const [before, after]: [Pair[], Pair[]] = [[], []];
  for (let i = 0; i < 400; i++) {
    const p = 0.05 + 0.4 * random();
    const y = random() < p ? 1 : 0;
    before.push({ p: Math.min(1, p + 0.3), y });
    after.push({ p, y });
  }

  it('is the paired mean with the error of its blocks', () => {
    const losses = (pairs: Pair[]) => pairs.map(({ p, y }) => -Math.log(y === 1 ? p : 1 - p));
    const gains = losses(before).map((loss, i) => loss - (losses(after)[i] ?? 0));
    const blocks = Array.from(
      { length: 20 },
      (_, b) => gains.slice(b * 20, b * 20 + 20).reduce((a, c) => a + c, 0) / 20,
    );
    const centre = blocks.reduce((a, b) => a + b, 0) / 20;
    const spread = Math.sqrt(blocks.reduce((a, b) => a + (b - centre) ** 2, 0) / 19);
    const { gain, se } = lossDifference(before, after, 20);
    expect(gain).toBeCloseTo(centre, 12);
    expect(se).toBeCloseTo(spread / Math.sqrt(20), 12);
    expect(gain).toBeCloseTo(logLoss(before) - logLoss(after), 12);
  });

  it('sees .30 of miscalibration beyond noise, and none the other way round or in nothing', () => {
    // An hour each, so that every job has a stretch of time of its own.
    const labelled = (pairs: Pair[]): Labelled[] =>
      pairs.map(({ p, y }, i) => ({ p, q: p, y, submittedAt: i * 3600, labelAt: i * 3600 + 300, epoch: 0 }));
    const p = (label: Labelled) => label.p;
    const differences = [
      (one: Labelled[], other: Labelled[]) => lossDifference(pairsOf(one, p), pairsOf(other, p), 20),
      (one: Labelled[], other: Labelled[]) => eceDifference(sampleOf(one, p), sampleOf(other, p), 20, LONG_WAIT),
    ];
    for (const difference of differences) {
      expect(isBeyondNoise(difference(labelled(before), labelled(after)), 1.645)).toBe(true);
      expect(isBeyondNoise(difference(labelled(after), labelled(before)), 1.645)).toBe(false);
      expect(isBeyondNoise(difference(labelled(after), labelled(after)), 1.645)).toBe(false);
    }
  });

  it('charges a certain mistake with no more than ln 1000', () => {
    expect(logLoss([{ p: 0, y: 1 }])).toBeCloseTo(Math.log(1000), 12);
  });

  it('is no gain where it is no number', () => {
    expect(isBeyondNoise(lossDifference([], [], 20), 0)).toBe(false);
    expect(isBeyondNoise({ gain: Number.NaN, se: 0 }, 0)).toBe(false);
    expect(isBeyondNoise({ gain: 1, se: Number.NaN }, 1.645)).toBe(false);
  });
});

describe('a candidate', () => {
  it('is not fitted on fewer than 300 labels, and says how many are missing', () => {
    expect(
      candidateFrom(
        labelsOf(299, 1, (p) => p),
        null,
        LONG_WAIT,
      ),
    ).toEqual({
      better: false,
      reason: 'needs 1 more labels (299 of 300)',
      knots: null,
      proof: null,
      slice: [],
    });
  });

  it('is better for a model whose p are far from the truth in a way that a line cannot mend', () => {
    const step = (p: number) => (p < 0.05 ? 0.6 : p < 0.15 ? 0.02 : 0.9);
    const labels = labelsOf(2000, 7, step);
    // A map has to rise: the model is wrong about the lowest p only as far as one can be.
    const { better, proof, slice } = candidateFrom(labels, null, LONG_WAIT);
    expect(better).toBe(true);
    expect(proof).toMatchObject({ n: 600, fitted: 600 });
    expect(proof?.after.loss).toBeLessThan(proof?.before.loss ?? 0);
    expect(slice).toHaveLength(600);
    expect(slice.map(({ p }) => p)).toEqual(labels.slice(-600).map(({ p }) => p));
  });

  it('is promoted in fewer than one in fifty attempts on a model that is perfect', () => {
    let promoted = 0;
    const attempts = 200;
    for (let seed = 1; seed <= attempts; seed++) {
      if (
        candidateFrom(
          labelsOf(600, seed, (p) => p),
          null,
          LONG_WAIT,
        ).better
      )
        promoted += 1;
    }
    expect(promoted).toBeLessThan(attempts / 50);
  });

  it('says what its proof showed, and what it takes', () => {
    const { reason } = candidateFrom(
      labelsOf(600, 1, (p) => p),
      null,
      LONG_WAIT,
    );
    expect(reason).toMatch(/^over 300 later labels log loss (falls|rises) by .+ ± .+, ECE .+ standard errors$/);
    expect(reason).toContain(`${RECALIBRATION.z} standard errors`);
  });
});
