import { describe, expect, it } from 'vitest';
import { type IsotonicMap, mapOf } from '../../../../functions/domain/calibration/map.ts';
import { fitIsotonic } from '../../../../functions/domain/recalibration/isotonic.ts';
import type { Labelled } from '../../../../functions/domain/recalibration/labelled.ts';
import { NO_MEMORY, recalibrationStep } from '../../../../functions/domain/recalibration/step.ts';
import { judgePromoted, watchedInWords } from '../../../../functions/domain/recalibration/watch.ts';
import type { Knots } from '../../../../schemas/items/ledger.ts';
import { trustedState } from '../builders.ts';
import { jobs } from './simulated.ts';
import { LONG_WAIT } from './stream.ts';

/** 600 labels and `count` more, a minute apart; the truth is p itself. */
function history(count: number, seed = 31, truth: (p: number, i: number) => number = (p) => p): Labelled[] {
  return jobs(600 + count, seed, truth)
    .map(({ p, longWait, submittedAt, labelAt }): Labelled => ({ p, y: longWait ? 1 : 0, submittedAt, labelAt }))
    .sort((a, b) => a.labelAt - b.labelAt || a.submittedAt - b.submittedAt);
}

/** A look at a map that was promoted `sinceEpoch` labels ago. */
const look = (labels: Labelled[], map: IsotonicMap | null, sinceEpoch: number, before: IsotonicMap | null = null) =>
  judgePromoted(labels, { map, before, sinceEpoch }, LONG_WAIT);

/** A truth that only a map can tell: neither a line nor a bias mends p. */
const STEPS = (p: number): number => (p < 0.05 ? 0.02 : p < 0.15 ? 0.05 : 0.9);
const ofSteps = mapOf(fitIsotonic(history(0, 99, STEPS).map(({ p, y }) => ({ p, y }))));
const flat = mapOf([
  [0, 0.2],
  [1, 0.2],
]);
const identity = mapOf([
  [0, 0.001],
  [1, 0.999],
]);

describe('a promoted map', () => {
  it('is not judged before 50 jobs have met it', () => {
    expect(look(history(49), identity, 49)).toMatchObject({ standing: 'watching', loss: null });
    expect(look(history(60), identity, 60)).toMatchObject({ standing: 'watching', n: expect.any(Number) });
    expect(look(history(60), identity, 60).loss).not.toBeNull();
  });

  it('is worse when the mixture would have served better with the one before, beyond noise', () => {
    const { standing, n, loss } = look(history(200, 4, STEPS), flat, 200, ofSteps);
    expect(standing).toBe('worse');
    expect(n).toBeGreaterThan(190);
    expect(loss?.gain).toBeGreaterThan(0.02);
  });

  it('that took the place of none and loses its weight by itself is left where it is', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const { standing, loss } = look(history(310, seed), flat, 310);
      expect(standing).toBe('held');
      expect(loss?.gain).toBeLessThan(0.01);
    }
  });

  it('is watched on while there is no difference, and has held after 300 jobs', () => {
    expect(look(history(299), identity, 299).standing).toBe('watching');
    expect(look(history(310), identity, 310).standing).toBe('held');
  });

  it('is judged by no burst: that is one fact', () => {
    const burst = history(310, 31, (p, i) => (i < 600 ? p : 0.9)).map((label, i) =>
      i < 600 ? label : { ...label, submittedAt: 60_000, labelAt: 60_300 },
    );
    const judged = look(burst, flat, 310);
    expect(judged).toMatchObject({ standing: 'held', loss: null });
    expect(watchedInWords(judged)).toMatch(/ in too few stretches of time to tell; the promoted map stays$/);
  });

  it.each([
    [
      'as good as the one before',
      [
        [0, 0.005],
        [1, 0.995],
      ] satisfies Knots,
    ],
    ['fitted on a good model for nothing', fitIsotonic(history(0, 99).map(({ p, y }) => ({ p, y })))],
  ])('that is %s is rolled back in fewer than one in twenty lives', (_, knots) => {
    const map = mapOf(knots);
    const lives = 60;
    let rolledBack = 0;
    for (let seed = 1; seed <= lives; seed++) {
      const labels = history(300, seed);
      const looks = [50, 100, 150, 200, 250, 300].map((n) => look(labels.slice(0, 600 + n), map, n));
      if (looks.some(({ standing }) => standing === 'worse')) rolledBack += 1;
    }
    expect(rolledBack).toBeLessThan(lives / 20);
  });

  it('that is worse gives way to the map before', () => {
    const state = trustedState({ epoch: 1, sinceEpoch: 200, map: flat });
    const memory = { ...NO_MEMORY, watched: true, before: ofSteps };
    const { change, memory: next } = recalibrationStep(state, history(200, 4, STEPS), memory, LONG_WAIT);
    expect(change).toEqual({
      epoch: 2,
      cause: 'rolledBack',
      by: 'watch',
      knots: Array.from(ofSteps?.x ?? [], (x, i) => [x, ofSteps?.y[i]]),
    });
    expect(next).toMatchObject({ watched: false, triedAt: null, before: flat });
  });

  it.each([
    [{ standing: 'watching', n: 3, loss: null }, 'the promoted map has met 3 jobs; the first look is at 50'],
    [
      { standing: 'watching', n: 60, loss: { gain: -0.01, se: 0.002 } },
      'over 60 jobs the map before would have served a log loss 0.0100 ± 0.0020 higher; it is watched until 300 jobs',
    ],
    [
      { standing: 'worse', n: 200, loss: { gain: 0.05, se: 0.01 } },
      'over 200 jobs the map before would have served a log loss 0.0500 ± 0.0100 lower: it comes back',
    ],
  ] as const)('is told as what it is: %o', (watched, words) => {
    expect(watchedInWords(watched)).toBe(words);
  });
});
