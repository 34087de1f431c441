import { describe, expect, it } from 'vitest';
import { mapOf } from '../../../../functions/domain/calibration/map.ts';
import { fitIsotonic } from '../../../../functions/domain/recalibration/isotonic.ts';
import type { Labelled } from '../../../../functions/domain/recalibration/labelled.ts';
import { rehearse } from '../../../../functions/domain/recalibration/rehearsal.ts';
import { NO_MEMORY, recalibrationStep } from '../../../../functions/domain/recalibration/step.ts';
import { judgePromoted } from '../../../../functions/domain/recalibration/watch.ts';
import type { Knots } from '../../../../schemas/items/ledger.ts';
import { trustedState } from '../builders.ts';
import { jobs } from './simulated.ts';

/** 600 labels of epoch 0, then `count` of epoch 1, served through `map`; the truth is p itself. */
function history(count: number, map: ReturnType<typeof mapOf>, seed = 31): Labelled[] {
  const rows = jobs(600 + count, seed, (p) => p)
    .map((row, i): Labelled => ({ ...row, q: row.p, y: row.longWait ? 1 : 0, epoch: i < 600 ? 0 : 1 }))
    .sort((a, b) => a.labelAt - b.labelAt);
  const served = rehearse(map, rows);
  return rows.map((row, i) => ({ ...row, q: row.epoch === 1 ? (served[i] ?? row.p) : row.p }));
}

const upsideDown = mapOf([
  [0, 0.9],
  [0.2, 0.9],
]);

describe('a promoted map', () => {
  it('is not judged before it has met 50 labels', () => {
    expect(judgePromoted(history(49, null), 1, null)).toMatchObject({ standing: 'watching', loss: null });
  });

  it('is worse when the one before would have served better beyond noise', () => {
    const { standing, n, loss } = judgePromoted(history(200, upsideDown), 1, null);
    expect({ standing, n }).toEqual({ standing: 'worse', n: 200 });
    expect(loss?.gain).toBeGreaterThan(0);
  });

  it('is watched on while there is no difference, and has held after 300 labels', () => {
    expect(judgePromoted(history(299, null), 1, null).standing).toBe('watching');
    expect(judgePromoted(history(300, null), 1, null).standing).toBe('held');
  });

  it.each([
    [
      'as good as the one before',
      [
        [0, 0.005],
        [1, 0.995],
      ] satisfies Knots,
    ],
    ['fitted on a good model for nothing', fitIsotonic(history(0, null, 99).map(({ p, y }) => ({ p, y })))],
  ])('that is %s is rolled back in fewer than one in twenty lives', (_, knots) => {
    const map = mapOf(knots);
    const lives = 60;
    let rolledBack = 0;
    for (let seed = 1; seed <= lives; seed++) {
      const labels = history(300, map, seed);
      const looks = [50, 100, 150, 200, 250, 300].map((n) => judgePromoted(labels.slice(0, 600 + n), 1, null));
      if (looks.some(({ standing }) => standing === 'worse')) rolledBack += 1;
    }
    expect(rolledBack).toBeLessThan(lives / 20);
  });

  it('that is worse gives way to the map before, which starts with the newest labels', () => {
    const before = mapOf([
      [0, 0.01],
      [1, 0.99],
    ]);
    const state = trustedState({ epoch: 1, sinceEpoch: 200, map: upsideDown });
    const memory = { ...NO_MEMORY, watched: true, before };
    const { change, memory: next } = recalibrationStep(state, history(200, upsideDown), memory, 300);
    expect(change).toMatchObject({
      epoch: 2,
      cause: 'rolledBack',
      knots: [
        [0, 0.01],
        [1, 0.99],
      ],
    });
    expect(change?.proof).toHaveLength(600);
    expect(next).toMatchObject({ watched: false, triedAt: null, before: upsideDown });
  });
});
