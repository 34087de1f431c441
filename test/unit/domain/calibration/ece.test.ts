import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pair } from '../../../../functions/domain/calibration/bins.ts';
import { brierScore } from '../../../../functions/domain/calibration/brier.ts';
import { canonicalEce, largestGap, nullMean, scoreOf } from '../../../../functions/domain/calibration/ece.ts';
import { erf, expectedAbsolute } from '../../../../functions/domain/calibration/normal.ts';

/** Trapezoids on either side of the kink of |d + sz|, where the integrand is smooth. */
function integrated(d: number, s: number): number {
  const kink = Math.min(9, Math.max(-9, -d / s));
  const f = (z: number) => (Math.abs(d + s * z) * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
  const simpson = (from: number, to: number) => {
    const steps = 400;
    const h = (to - from) / steps;
    let sum = f(from) + f(to);
    for (let i = 1; i < steps; i++) sum += (i % 2 === 1 ? 4 : 2) * f(from + i * h);
    return (sum * h) / 3;
  };
  return simpson(-9, kink) + simpson(kink, 9);
}

describe('ECE', () => {
  it('lets equal probabilities share a bin, so that a constant at the base rate is calibrated', () => {
    const sample = Array.from({ length: 300 }, (_, i): Pair => ({ p: 0.2, y: i < 60 ? 1 : 0 }));
    expect(canonicalEce(sample)).toBeCloseTo(0, 12);
    expect(largestGap(sample)).toBeCloseTo(0, 12);
  });

  it('gives a constant probability that is wrong its full error', () => {
    const sample = Array.from({ length: 300 }, (_, i): Pair => ({ p: 0.5, y: i % 10 === 0 ? 1 : 0 }));
    expect(canonicalEce(sample)).toBeCloseTo(0.4, 2);
  });

  it('does not drop p = 1', () => {
    const sample = Array.from({ length: 100 }, (): Pair => ({ p: 1, y: 0 }));
    expect(canonicalEce(sample)).toBeCloseTo(1, 12);
    expect(brierScore(sample)).toBe(1);
  });

  it.each([Number.NaN, -0.01, 1.01, Number.POSITIVE_INFINITY])('answers null for a sample with p = %s', (p) => {
    const sample: Pair[] = [
      { p: 0.5, y: 1 },
      { p, y: 0 },
    ];
    expect([canonicalEce(sample), nullMean(sample), brierScore(sample)]).toEqual(Array(3).fill(null));
  });

  it('answers null for an empty sample', () => {
    expect([canonicalEce([]), nullMean([]), brierScore([])]).toEqual(Array(3).fill(null));
  });

  it('says what a perfect model would show: about .10 at 100 labels and .04 at 1000', () => {
    const perfect = (n: number) => Array.from({ length: n }, (_, i): Pair => ({ p: (i + 0.5) / n, y: 0 }));
    expect(nullMean(perfect(100))).toBeGreaterThan(0.08);
    expect(nullMean(perfect(100))).toBeLessThan(0.14);
    expect(nullMean(perfect(1000))).toBeGreaterThan(0.03);
    expect(nullMean(perfect(1000))).toBeLessThan(0.05);
  });

  it.each([
    [0, 1],
    [0.03, 0.85],
    [0.08, 0.6],
    [0.2, 0],
    [0.9, 0],
  ])('scores ECE %s as %s', (ece, score) => {
    expect(scoreOf(ece)).toBeCloseTo(score, 12);
  });

  it.each([null, Number.NaN, Number.POSITIVE_INFINITY, -0.1])('gives no score for %s', (ece) => {
    expect(scoreOf(ece)).toBeNull();
  });
});

describe('the normal distribution', () => {
  it('folds as the integral says', () => {
    const [mean, spread] = [fc.double({ min: -1, max: 1, noNaN: true }), fc.double({ min: 1e-3, max: 1, noNaN: true })];
    fc.assert(
      fc.property(mean, spread, (d, s) => {
        expect(expectedAbsolute(d, s)).toBeCloseTo(integrated(d, s), 7);
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    [0, 0],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [2, 0.9953222650189527],
    [2.5, 0.999593047982555],
    [3, 0.9999779095030014],
    [-1, -0.8427007929497149],
    [7, 1],
  ])('knows erf(%s)', (x, expected) => {
    expect(erf(x)).toBeCloseTo(expected, 14);
  });

  it('folds: without spread it is |d|, and it is never below |d|', () => {
    expect(expectedAbsolute(-0.3, 0)).toBe(0.3);
    expect(expectedAbsolute(0, 1)).toBeCloseTo(Math.sqrt(2 / Math.PI), 14);
    fc.assert(
      fc.property(
        fc.double({ min: -1, max: 1, noNaN: true }),
        fc.double({ min: 1e-6, max: 1, noNaN: true }),
        (d, s) => {
          expect(expectedAbsolute(d, s)).toBeGreaterThanOrEqual(Math.abs(d) - 1e-12);
        },
      ),
    );
  });
});
