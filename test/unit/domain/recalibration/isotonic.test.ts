import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pair } from '../../../../functions/domain/calibration/bins.ts';
import { mapOf, throughMap } from '../../../../functions/domain/calibration/map.ts';
import {
  coarsened,
  fitIsotonic,
  knotsOf,
  poolAdjacentViolators,
} from '../../../../functions/domain/recalibration/isotonic.ts';
import { Knots } from '../../../../schemas/items/ledger.ts';

const probability = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.integer({ min: 0, max: 10 }).map((n) => n / 10),
);
const pair: fc.Arbitrary<Pair> = fc.record({ p: probability, y: fc.constantFrom(0 as const, 1 as const) });
const sample = (most: number) => fc.array(pair, { minLength: 1, maxLength: most });
const average = (pairs: readonly Pair[]) => pairs.reduce((sum, { y }) => sum + y, 0) / pairs.length;

/** The textbook's min-max formula, in cubic time: max over a <= i of min over b >= i of the mean label from a to b. */
function minMax(pairs: readonly Pair[]): Map<number, number> {
  const at = [...new Set(pairs.map(({ p }) => p))].sort((a, b) => a - b);
  const between = (a: number, b: number) => pairs.filter(({ p }) => p >= a && p <= b);
  return new Map(
    at.map((p) => {
      const [below, above] = [at.filter((a) => a <= p), at.filter((b) => b >= p)];
      return [p, Math.max(...below.map((a) => Math.min(...above.map((b) => average(between(a, b))))))];
    }),
  );
}

describe('isotonic regression', () => {
  it('agrees with the min-max formula, ties averaged', () => {
    fc.assert(
      fc.property(sample(14), (pairs) => {
        const levels = poolAdjacentViolators(pairs);
        for (const [p, expected] of minMax(pairs)) {
          const level = levels.find(({ from, to }) => p >= from && p <= to);
          expect(level?.mean).toBeCloseTo(expected, 12);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('gives levels that rise, cover the sample and keep its mean', () => {
    fc.assert(
      fc.property(
        sample(300),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 30 }),
        (pairs, most, mass) => {
          const fine = poolAdjacentViolators(pairs);
          const coarse = coarsened(fine, most, mass);
          for (const levels of [fine, coarse]) {
            const labels = levels.reduce((sum, { count }) => sum + count, 0);
            expect(labels).toBe(pairs.length);
            expect(levels.reduce((sum, { mean, count }) => sum + mean * count, 0) / labels).toBeCloseTo(
              average(pairs),
              9,
            );
            for (const [i, level] of levels.entries()) {
              const below = levels[i - 1];
              if (below) expect(level.mean > below.mean && level.from > below.to).toBe(true);
            }
          }
          expect(coarse.length).toBeLessThanOrEqual(most);
          if (coarse.length > 1) expect(Math.min(...coarse.map(({ count }) => count))).toBeGreaterThanOrEqual(mass);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('changes nothing that is isotonic already', () => {
    fc.assert(
      fc.property(sample(100), (pairs) => {
        const levels = poolAdjacentViolators(pairs);
        const again = levels.flatMap(({ from, count, mean }) =>
          // As many long waits as the level says; their fraction cannot be had with whole labels otherwise.
          Array.from({ length: count }, (_, i): Pair => ({ p: from, y: i < Math.round(mean * count) ? 1 : 0 })),
        );
        expect(poolAdjacentViolators(again).map(({ mean }) => mean)).toEqual(
          levels.map(({ mean }) => expect.closeTo(mean, 9)),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('averages ties before it compares', () => {
    const pairs: Pair[] = [
      { p: 0.2, y: 1 },
      { p: 0.2, y: 0 },
      { p: 0.2, y: 0 },
      { p: 0.2, y: 1 },
      { p: 0.7, y: 1 },
    ];
    expect(poolAdjacentViolators(pairs)).toEqual([
      { from: 0.2, to: 0.2, mean: 0.5, count: 4 },
      { from: 0.7, to: 0.7, mean: 1, count: 1 },
    ]);
  });

  it.each([Number.NaN, -0.1, 1.1, Number.POSITIVE_INFINITY])('refuses a p of %s', (p) => {
    expect(() => poolAdjacentViolators([{ p, y: 1 }])).toThrow(RangeError);
  });

  it('has no map for no labels', () => {
    expect(fitIsotonic([])).toBeNull();
    expect(mapOf(null)).toBeNull();
    expect(throughMap(null, 0.42)).toBe(0.42);
  });
});

describe('a map', () => {
  it('never decreases, stays inside (0, 1) and is written in 2 KB, whatever it was fitted on', () => {
    fc.assert(
      fc.property(sample(400), fc.array(probability, { minLength: 2, maxLength: 30 }), (pairs, at) => {
        const knots = Knots.parse(fitIsotonic(pairs));
        expect(JSON.stringify(knots).length).toBeLessThanOrEqual(2048);
        const map = mapOf(knots);
        const mapped = at.sort((a, b) => a - b).map((p) => throughMap(map, p));
        for (const [i, q] of mapped.entries()) {
          expect(q).toBeGreaterThanOrEqual(Math.max(0.001, mapped[i - 1] ?? 0));
          expect(q).toBeLessThanOrEqual(0.999);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('is flat inside a level, straight between levels and flat beyond the ends', () => {
    const knots = knotsOf([
      { from: 0.1, to: 0.3, mean: 0.2, count: 10 },
      { from: 0.5, to: 0.5, mean: 0.6, count: 10 },
      { from: 0.9, to: 1, mean: 1, count: 10 },
    ]);
    const map = mapOf(knots);
    const expected = [
      [0, 0.2],
      [0.1, 0.2],
      [0.25, 0.2],
      [0.3, 0.2],
      [0.4, 0.4],
      [0.5, 0.6],
      [0.7, 0.7995],
      [0.9, 0.999],
      [1, 0.999],
    ] as const;
    for (const [p, q] of expected) expect(throughMap(map, p)).toBeCloseTo(q, 12);
  });
});
