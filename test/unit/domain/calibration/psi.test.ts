import { describe, expect, it } from 'vitest';
import { noteRaw, psiNeeds, psiOf, rawShift, restartShift } from '../../../../functions/domain/calibration/psi.ts';
import { seeded } from '../seeded.ts';

function note(shift: ReturnType<typeof rawShift>, count: number, p: (i: number) => number): void {
  for (let i = 0; i < count; i++) noteRaw(shift, p(i));
}

/** Population stability index of two histograms over the same bins, as it is defined. */
function index(before: readonly number[], now: readonly number[]): number {
  return before.reduce((sum, a, i) => sum + ((now[i] ?? 0) - a) * Math.log((now[i] ?? 0) / a), 0);
}

/** Ten values, one in each bin. */
const tenth = (i: number): number => 0.05 + 0.1 * (i % 10);

describe('the shift of raw p', () => {
  it('is unknown until 1,000 and another 1,000 are known, and says how many it needs', () => {
    const shift = rawShift();
    expect(psiNeeds(shift)).toBe(2_000);
    note(shift, 1_000, tenth);
    expect([psiNeeds(shift), psiOf(shift)]).toEqual([1_000, null]);
    note(shift, 999, tenth);
    expect([psiNeeds(shift), psiOf(shift)]).toEqual([1, null]);
    note(shift, 1, tenth);
    expect(psiNeeds(shift)).toBe(0);
    expect(psiOf(shift)).toBeLessThan(0.001);
  });

  it.each([
    [
      'of one bin emptied by half into another',
      (i: number) => (i % 20 === 0 ? 0.95 : tenth(i)),
      [0.05, ...Array(8).fill(0.1), 0.15],
    ],
    [
      'of everything in the upper half',
      (i: number) => 0.55 + 0.1 * (i % 5),
      [...Array(5).fill(0.0005), ...Array(5).fill(0.2)],
    ],
  ])('%s is the population stability index', (_, p, now) => {
    const shift = rawShift();
    note(shift, 1_000, tenth);
    note(shift, 1_000, p);
    expect(psiOf(shift)).toBeCloseTo(index(Array(10).fill(0.1), now), 9);
  });

  it('is noticeable, at .10, where one job in ten has changed its decile, and not for chance alone', () => {
    const noticed = (p: (random: () => number) => number): boolean => {
      const [shift, random] = [rawShift(), seeded(5)];
      note(shift, 1_000, () => random());
      note(shift, 1_000, () => p(random));
      return (psiOf(shift) ?? 0) >= 0.1;
    };
    expect(noticed((random) => random())).toBe(false);
    expect(noticed((random) => random() ** 1.6)).toBe(true);
  });

  it('follows the newest 1,000, and forgets what was before them', () => {
    const shift = rawShift();
    note(shift, 2_000, tenth);
    note(shift, 1_000, () => 0.95);
    const far = psiOf(shift) ?? 0;
    expect(far).toBeGreaterThan(1);
    note(shift, 500, tenth);
    expect(psiOf(shift)).toBeLessThan(far);
    note(shift, 500, tenth);
    expect(psiOf(shift)).toBeCloseTo(0, 12);
  });

  it('is finite where a bin holds nothing on either side, as where all p are equal', () => {
    const shift = rawShift();
    note(shift, 2_000, () => 0.25);
    expect(psiOf(shift)).toBe(0);
    note(shift, 1_000, () => 0.75);
    expect(psiOf(shift)).toBeGreaterThan(1);
    expect(Number.isFinite(psiOf(shift))).toBe(true);
  });

  it('begins anew with another map', () => {
    const shift = rawShift();
    note(shift, 2_500, tenth);
    restartShift(shift);
    expect(shift).toEqual(rawShift());
    expect(psiNeeds(shift)).toBe(2_000);
  });
});
