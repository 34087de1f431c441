import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pair } from '../../../../functions/domain/calibration/bins.ts';
import { brierParts, brierScore } from '../../../../functions/domain/calibration/brier.ts';
import { rankingOf } from '../../../../functions/domain/calibration/discrimination.ts';
import { canonicalEce, largestGap, nullMean } from '../../../../functions/domain/calibration/ece.ts';
import { tailGap } from '../../../../functions/domain/calibration/tail-gap.ts';
import { textbook } from './textbook.ts';

function ours(sample: readonly Pair[]) {
  const ranking = rankingOf(sample);
  return {
    ece: canonicalEce(sample),
    mce: largestGap(sample),
    ...brierParts(sample),
    tailGap: tailGap(sample),
    auroc: ranking?.auroc ?? null,
    auprc: ranking?.auprc ?? null,
  };
}

/** Few values and many ties as well as any; both ends of the scale. */
const probability = fc.oneof(
  fc.constantFrom(0, 0.05, 0.5, 0.6, 0.7, 0.9, 1),
  fc.double({ min: 0, max: 1, noNaN: true }),
);
const sample = fc.array(fc.record({ p: probability, y: fc.constantFrom(0 as const, 1 as const) }), {
  minLength: 1,
  maxLength: 70,
});

describe('the definitions', () => {
  it('agree with the textbook on any sample, ties and certainties included', () => {
    fc.assert(
      fc.property(sample, (pairs) => expectSame(ours(pairs), textbook(pairs), 9)),
      { numRuns: 3000 },
    );
  });

  it('split the Brier score into parts that add up to it', () => {
    fc.assert(
      fc.property(sample, (pairs) => {
        const parts = brierParts(pairs);
        if (parts === null) throw new Error('a sample has a Brier score');
        const { brier, reliability, resolution, uncertainty, withinBin } = parts;
        expect(reliability - resolution + uncertainty + withinBin).toBeCloseTo(brier, 12);
        expect(brierScore(pairs)).toBe(brier);
      }),
      { numRuns: 3000 },
    );
  });

  it('leave nothing within the bins where each holds one probability', () => {
    const pairs = Array.from({ length: 150 }, (_, i): Pair => ({ p: Math.floor(i / 10) / 15, y: i % 3 === 0 ? 1 : 0 }));
    expect(brierParts(pairs)?.withinBin).toBeCloseTo(0, 12);
  });

  it('know what one certain mistake is worth', () => {
    const one: Pair[] = [{ p: 1, y: 0 }];
    const parts = { brier: 1, reliability: 1, resolution: 0, uncertainty: 0, withinBin: 0 };
    expect(ours(one)).toEqual({ ece: 1, mce: 1, ...parts, tailGap: null, auroc: null, auprc: null });
  });

  it('have no value rather than a wrong one for no sample, or one with anything that is not a probability', () => {
    const none = { ece: null, mce: null, tailGap: null, auroc: null, auprc: null };
    expect(ours([])).toEqual(none);
    for (const p of [Number.NaN, -0.01, 1.01, Number.POSITIVE_INFINITY]) {
      expect(
        ours([
          { p: 0.5, y: 1 },
          { p, y: 0 },
        ]),
      ).toEqual(none);
    }
  });

  it('are numbers from 0 to 1 or null for all of one class, for p of 0 and 1, for constant p', () => {
    const flat = fc.tuple(probability, fc.constantFrom(0 as const, 1 as const), fc.integer({ min: 1, max: 40 }));
    fc.assert(
      fc.property(flat, ([p, y, n]) => {
        const pairs = Array.from({ length: n }, (): Pair => ({ p, y }));
        const { auroc, auprc, tailGap: tail, withinBin, ...numbers } = ours(pairs);
        expect([auroc, auprc, tail]).toEqual([
          null,
          y === 1 ? 1 : null,
          p >= 0.5 && n >= 5 ? expect.closeTo(Math.abs(y - p), 9) : null,
        ]);
        expect(withinBin).toBeCloseTo(0, 12);
        for (const value of [...Object.values(numbers), nullMean(pairs)]) {
          expect(value).toBeGreaterThanOrEqual(-1e-15);
          expect(value).toBeLessThanOrEqual(1 + 1e-12);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the tail gap', () => {
  it('needs five jobs at or above a threshold, the threshold itself included', () => {
    const wrong = (n: number, p: number) => Array.from({ length: n }, (): Pair => ({ p, y: 0 }));
    expect(tailGap(wrong(4, 0.9))).toBeNull();
    expect(tailGap(wrong(5, 0.9))).toBeCloseTo(0.9, 12);
    expect(tailGap(wrong(100, 0.4999))).toBeNull();
  });

  it('finds what the average hides: nine right jobs at .5 for each wrong one at .9', () => {
    const pairs = Array.from(
      { length: 100 },
      (_, i): Pair => (i % 10 === 0 ? { p: 0.9, y: 0 } : { p: 0.5, y: i % 2 === 0 ? 1 : 0 }),
    );
    expect(tailGap(pairs)).toBeCloseTo(0.9, 12);
  });
});

function expectSame(got: object, wanted: object, digits: number): void {
  const close = Object.entries(wanted).map(([key, value]) => [
    key,
    typeof value === 'number' ? expect.closeTo(value, digits) : value,
  ]);
  expect(got).toEqual(Object.fromEntries(close));
}
