import { expect, it } from 'vitest';
import type { Vgac } from '../../../../functions/application/decisions/vgac.ts';
import { ownCalibration } from '../../../../functions/application/decisions/vgac-calibration.ts';

const NOON = Date.parse('2026-11-20T12:00:00Z');
const said = (ece: number) => ({
  ...{ ece, brier_score: 0.1, sample_count: 900 },
  ...{ last_recalibration: null, recalibration_needed: false },
});

/** Says one more each time it is asked; the first time it does not answer. */
function vgac(): Vgac & { asked: () => number } {
  let asked = 0;
  const unused = () => Promise.reject(new Error('not asked for this'));
  return {
    observe: unused,
    predict: unused,
    calibration: async () => {
      asked++;
      if (asked === 1) throw new Error('down');
      return said(asked);
    },
    asked: () => asked,
  };
}

it('asks VGAC for its own calibration once a minute and cluster, and again at once where it did not answer', async () => {
  const source = vgac();
  const ask = (clusterId: string, seconds: number) =>
    ownCalibration(source, clusterId, new Date(NOON + seconds * 1000));
  expect(await ask('a', 0)).toBe(null);
  expect((await ask('a', 1))?.ece).toBe(2);
  expect((await ask('a', 60))?.ece).toBe(2);
  expect((await ask('b', 60))?.ece).toBe(3);
  expect((await ask('a', 61))?.ece).toBe(4);
  expect(source.asked()).toBe(4);
});
