import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canonicalEce } from '../../../../functions/domain/calibration/ece.ts';
import type { ServedSample } from '../../../../functions/domain/calibration/served-sample.ts';
import { logLoss } from '../../../../functions/domain/recalibration/difference.ts';
import { jobs } from './simulated.ts';
import { rowsOf, run, STREAMS } from './stream.ts';

const present = existsSync(join(STREAMS, 'D.csv.gz'));
const title = present
  ? 'recalibration on real streams'
  : 'recalibration on real streams (skipped: there is no ../shared/data/replay beside this repository)';

const eceOf = ({ q, y }: ServedSample) =>
  canonicalEce(Array.from(q, (p, i) => ({ p, y: y[i] === 1 ? 1 : 0 }))) ?? Number.NaN;
const shown = (served: ServedSample) => `ECE ${eceOf(served).toFixed(4)}, log loss ${logLoss(served).toFixed(4)}`;
const from = ({ q, y, submittedAt }: ServedSample, first: number): ServedSample => ({
  q: q.slice(first),
  y: y.slice(first),
  submittedAt: submittedAt.slice(first),
});

describe.skipIf(!present)(title, () => {
  it.each(['A', 'B'])('promotes nothing on %s, even when it is asked to every 100 labels', (stream) => {
    const asked = run(rowsOf(stream), 'every 100 labels');
    console.info(`${stream}: ${asked.promotions} of ${asked.tries} candidates promoted; ${shown(asked.served)}`);
    expect(asked.promotions).toBe(0);
    expect(run(rowsOf(stream), 'when due')).toMatchObject({ promotions: 0, rollBacks: 0 });
  });

  // One visit more or less decides which map is found, so several schedules are asked.
  it.each(['C', 'D', 'E', 'F'])('does not make what is served of %s worse, whenever it comes by', (stream) => {
    const rows = rowsOf(stream);
    const without = run(rows, 'off');
    const runs = [undefined, 40].map((offset) => run(rows, 'when due', offset));
    const mean = (of: (served: ServedSample) => number) =>
      runs.reduce((sum, { served }) => sum + of(served) / runs.length, 0);
    const maps = runs.map(({ promotions }) => promotions).join(', ');
    const now = `ECE ${mean(eceOf).toFixed(4)}, log loss ${mean(logLoss).toFixed(4)}`;
    console.info(`${stream}: ${shown(without.served)} -> mean ${now}; maps ${maps}`);
    expect(mean(eceOf)).toBeLessThan(eceOf(without.served) + 0.001);
    expect(mean(logLoss)).toBeLessThan(logLoss(without.served) + 0.001);
    // A wrong expert costs the mixture no more than a few labels to find out.
    for (const { served } of runs) expect(logLoss(served)).toBeLessThan(logLoss(without.served) + 0.01);
  });
});

describe('recalibration of a model that is bent', () => {
  it('promotes a map as soon as one is proven, and what is served is better from then on', () => {
    const bent = (p: number) => (p < 0.05 ? 0.02 : p < 0.15 ? 0.05 : 0.9);
    const rows = jobs(3000, 12, bent);
    const [without, runs] = [run(rows, 'off'), run(rows, 'when due')];
    console.info(`${runs.promotions} maps: ${shown(without.served)} -> ${shown(runs.served)}`);
    expect(runs.promotions).toBeGreaterThan(0);
    expect(runs.rollBacks).toBe(0);
    const [before, after] = [from(without.served, 1500), from(runs.served, 1500)];
    expect(logLoss(after)).toBeLessThan(logLoss(before) * 0.9);
    expect(eceOf(after)).toBeLessThan(eceOf(before));
  });

  it('is over when the model is right again: nothing has to be taken back', () => {
    const back = (p: number, i: number) => (i < 3000 ? (p < 0.05 ? 0.02 : p < 0.15 ? 0.05 : 0.9) : p);
    const rows = jobs(5000, 13, back);
    const [without, runs] = [run(rows, 'off'), run(rows, 'when due')];
    expect(runs.promotions).toBeGreaterThan(0);
    const [before, after] = [from(without.served, 3500), from(runs.served, 3500)];
    console.info(`after the spell: ${shown(before)} without, ${shown(after)} with ${runs.promotions} maps`);
    expect(logLoss(after)).toBeLessThan(logLoss(before) + 0.005);
  });
});
