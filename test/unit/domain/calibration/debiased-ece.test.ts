import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { debiasedEce, roomFor } from '../../../../functions/domain/calibration/debiased-ece.ts';
import { inOrderOfQ, type ServedSample } from '../../../../functions/domain/calibration/served-sample.ts';
import { skill, skillBound } from '../../../../functions/domain/calibration/skill.ts';

type Row = readonly [q: number, y: 0 | 1, submittedAt: number];

const Case = z.object({
  name: z.string(),
  longWaitSeconds: z.number(),
  steps: z.int(),
  rows: z.array(z.tuple([z.int(), z.union([z.literal(0), z.literal(1)]), z.int()])),
  right: z.object({ ece: z.number(), error: z.number(), skillBound: z.number().nullable(), skill: z.boolean() }),
});

/** Written by debiased_ece.py beside it, from the executable specification. */
const REFERENCE = join(import.meta.dirname, '../../../reference/debiased_ece.json');
const cases = z.array(Case).parse(JSON.parse(readFileSync(REFERENCE, 'utf8')));
const T = 300;

function sampleOf(rows: readonly Row[]): ServedSample {
  return inOrderOfQ({
    q: Float64Array.from(rows, ([q]) => q),
    y: Uint8Array.from(rows, ([, y]) => y),
    submittedAt: Float64Array.from(rows, ([, , time]) => time),
  });
}

const rows = fc.array(
  fc.tuple(
    fc.oneof(fc.constantFrom(0, 0.1, 0.25, 0.5, 1), fc.double({ min: 0, max: 1, noNaN: true })),
    fc.constantFrom<0 | 1>(0, 1),
    fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 40_000_000 })).map((t) => 1_767_225_600 + t),
  ),
  { minLength: 1, maxLength: 80 },
);

describe('the debiased ECE', () => {
  it.each(cases)('is that of the specification: $name', ({ longWaitSeconds, steps, rows: given, right }) => {
    const sample = sampleOf(given.map(([k, y, time]): Row => [k / steps, y, time]));
    const got = debiasedEce(sample, longWaitSeconds);
    expect(got?.n).toBe(given.length);
    expect(got?.ece).toBeCloseTo(right.ece, 12);
    expect(got?.error).toBeCloseTo(right.error, 12);
    expect(got?.lower).toBeCloseTo(Math.max(0, right.ece - 1.645 * right.error), 12);
    expect(got?.upper).toBeCloseTo(right.ece + 1.645 * right.error, 12);
    const bound = skillBound(sample, longWaitSeconds);
    if (right.skillBound === null) expect(bound).toBeNull();
    else expect(bound).toBeCloseTo(right.skillBound, 12);
    expect(skill(sample, longWaitSeconds)).toBe(right.skill);
  });

  it('and the skill are the same to the last bit in whatever order rows come, in a fresh room or a used one', () => {
    const room = roomFor(100);
    fc.assert(
      fc.property(
        rows.chain((given) => fc.tuple(fc.constant(given), fc.shuffledSubarray(given, { minLength: given.length }))),
        ([given, shuffled]) => {
          const [one, other] = [sampleOf(given), sampleOf(shuffled)];
          expect(debiasedEce(other, T, room)).toEqual(debiasedEce(one, T));
          expect(skillBound(other, T, room)).toBe(skillBound(one, T));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('trusts two hundred jobs of one burst no more than one fact', () => {
    const burst = Array.from({ length: 200 }, (_, i): Row => [0.5, i % 2 === 0 ? 1 : 0, 1_767_225_600]);
    const spread = burst.map(([q, y], i): Row => [q, y, 1_767_225_600 + 3600 * i]);
    expect(debiasedEce(sampleOf(burst), T)?.error).toBeCloseTo(0.5, 2);
    expect(debiasedEce(sampleOf(spread), T)?.error).toBeLessThan(0.04);
  });

  it('takes stretches of T where T is longer than a twentieth of the span', () => {
    const alternating = Array.from({ length: 60 }, (_, i): Row => [0.5, i % 2 === 0 ? 1 : 0, 1_767_225_600 + 60 * i]);
    const [short, long] = [debiasedEce(sampleOf(alternating), 60), debiasedEce(sampleOf(alternating), 3600)];
    expect(short?.error).toBeLessThan(0.1);
    expect(long?.error).toBeCloseTo(0.5, 2);
  });

  it('comes with what a perfect model would show: about .10 at 100 labels and .04 at 1000', () => {
    const perfect = (n: number) => sampleOf(Array.from({ length: n }, (_, i): Row => [(i + 0.5) / n, 0, i * 3600]));
    expect(debiasedEce(perfect(100), T)?.nullMean).toBeCloseTo(0.11, 1);
    expect(debiasedEce(perfect(1000), T)?.nullMean).toBeCloseTo(0.04, 2);
  });

  it.each([
    ['an empty sample', []],
    ['q that is not a number', [[Number.NaN, 1, 0]]],
    ['q below 0', [[-0.01, 1, 0]]],
    ['q above 1', [[1.01, 1, 0]]],
    ['a time that is not a number', [[0.5, 1, Number.NaN]]],
    ['a time without end', [[0.5, 1, Number.POSITIVE_INFINITY]]],
  ] as [string, Row[]][])('has no value rather than a wrong one for %s', (_, wrong) => {
    const right: Row[] = wrong.length === 0 ? [] : [[0.5, 0, 7200]];
    expect(debiasedEce(sampleOf([...wrong, ...right]), T)).toBeNull();
  });
});

describe('the skill', () => {
  const hours = (n: number, q: (i: number) => number, y: (i: number) => boolean): ServedSample =>
    sampleOf(Array.from({ length: n }, (_, i): Row => [q(i), y(i) ? 1 : 0, 1_767_225_600 + 3600 * i]));

  it('needs five stretches of time', () => {
    const long = (i: number): boolean => i % 2 === 0;
    const sharp = (i: number): number => (long(i) ? 0.9 : 0.1);
    expect([4, 5].map((n) => skillBound(hours(n, sharp, long), T) === null)).toEqual([true, false]);
    expect(skill(hours(40, sharp, long), T)).toBe(true);
  });

  it('is not there in a constant, however well it is calibrated', () => {
    expect(
      skill(
        hours(
          1000,
          () => 0.2,
          (i) => i % 5 === 0,
        ),
        T,
      ),
    ).toBe(false);
  });

  it('is not there where long waits had the lower q', () => {
    expect(
      skill(
        hours(
          1000,
          (i) => (i % 5 === 0 ? 0.1 : 0.9),
          (i) => i % 5 === 0,
        ),
        T,
      ),
    ).toBe(false);
  });
});
