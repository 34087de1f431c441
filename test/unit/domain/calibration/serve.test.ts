import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEntry } from '../../../../functions/domain/calibration/apply.ts';
import { beginEpoch } from '../../../../functions/domain/calibration/epoch.ts';
import { exchangeMap } from '../../../../functions/domain/calibration/experts.ts';
import { mapOf } from '../../../../functions/domain/calibration/map.ts';
import { serve } from '../../../../functions/domain/calibration/serve.ts';
import { initialState } from '../../../../functions/domain/calibration/state.ts';
import { entryOf, purseOf, RULES, T, trustedState } from '../builders.ts';
import { seeded } from '../seeded.ts';
import { anyEntry } from './ledger-entries.ts';

describe('serve', () => {
  it('starts with p itself, held away from certainty by the experts', () => {
    expect(serve(initialState(RULES), { p: 0.064, waitSeconds: 0 }).q).toBeCloseTo(0.064, 12);
    expect(serve(initialState(RULES), { p: 0, waitSeconds: 0 }).q).toBeCloseTo(0.0008, 12);
    expect(serve(initialState(RULES), { p: 1, waitSeconds: 0 }).q).toBeCloseTo(0.9992, 12);
  });

  it.each([null, Number.NaN, -0.1, 1.1, Number.POSITIVE_INFINITY])(
    'serves no probability for p = %s, but bounds',
    (p) => {
      const served = serve(initialState(RULES), { p, waitSeconds: 17.2 });
      expect(served.q).toBeNull();
      expect(served.upperSeconds).toBeCloseTo(364.556772002, 8);
      expect(served.upper90Seconds).toBeCloseTo(220.721390085, 8);
      expect(served.lowerSeconds).toBeCloseTo(1.463102155, 8);
    },
  );

  it('bounds what a double and a person can take, however far its trackers have gone', () => {
    const far = { ...initialState(RULES), interval: { lo: -56, hi: 56, up: 56 } };
    const served = serve(far, { p: 0.5, waitSeconds: 1e12 });
    expect(served.lowerSeconds).toBe(0);
    expect(served.upperSeconds).toBe(Math.exp(80) - 1);
    expect(Number.isFinite(served.upper90Seconds)).toBe(true);
  });

  it('keeps q inside (0, 1), the weights summing to 1 and the maps in their limits, whatever it is taught (seed 1)', () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 100 }), fc.double({ min: 0, max: 1, noNaN: true }), (entries, p) => {
        const state = initialState(RULES);
        for (const entry of entries) applyEntry(state, entry, purseOf(), T);
        const { q } = serve(state, { p, waitSeconds: 1 });
        expect(q !== null && q > 0 && q < 1).toBe(true);
        expect(state.weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
        expect(Math.min(...state.weights.subarray(0, 5))).toBeGreaterThanOrEqual(0.002);
        expect(state.weights[5]).toBe(0);
        for (const { a, b, p00, p11 } of state.platt) {
          expect(Math.abs(a) <= 6 && b >= 0.05 && b <= 3 && p00 + p11 <= 2 + 1e-9).toBe(true);
        }
      }),
      { numRuns: 1_000, seed: 1 },
    );
  });

  it('learns a constant bias of the model', () => {
    const state = initialState(RULES);
    for (let i = 0; i < 2_000; i++) {
      const { q } = serve(state, { p: 0.5, waitSeconds: 0 });
      applyEntry(state, entryOf({ labelAt: i, submittedAt: i, p: 0.5, q, longWait: i % 10 === 0 }), purseOf(), T);
    }
    const { q } = serve(state, { p: 0.5, waitSeconds: 0 });
    expect(q !== null && q > 0.05 && q < 0.17).toBe(true);
  });
});

describe('a promoted map', () => {
  const knots: [number, number][] = [
    [0, 0.9],
    [1, 0.9],
  ];
  const change = { epoch: 1, cause: 'promoted', by: 'a test', knots } as const;

  it('joins the experts with a sixth of the weight, and leaves the same way', () => {
    const state = initialState(RULES);
    exchangeMap(state, mapOf(knots));
    expect([...state.weights].map((weight) => weight.toFixed(12))).toEqual(Array(6).fill((1 / 6).toFixed(12)));
    expect(serve(state, { p: 0.3, waitSeconds: 0 }).q).toBeCloseTo((5 * 0.3 + 0.9) / 6, 12);
    exchangeMap(state, null);
    expect([...state.weights].map((weight) => weight.toFixed(12))).toEqual([
      ...Array(5).fill('0.200000000000'),
      '0.000000000000',
    ]);
    expect(serve(state, { p: 0.3, waitSeconds: 0 }).q).toBeCloseTo(0.3, 12);
  });

  it('takes the place of the one before, and not a second one', () => {
    const state = initialState(RULES);
    exchangeMap(state, mapOf(knots));
    exchangeMap(state, mapOf([[0, 0.1]]));
    expect(state.weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    expect(serve(state, { p: 0.3, waitSeconds: 0 }).q).toBeCloseTo((5 * 0.3 + 0.1) / 6, 12);
  });

  it('restarts nothing but its own labels and the distribution of p', () => {
    const state = trustedState();
    const before = structuredClone({ ...state, map: null });
    beginEpoch(state, change);
    const { weights: _, map, epoch, sinceEpoch, shift, ...rest } = state;
    const { weights: __, map: ___, epoch: ____, sinceEpoch: _____, shift: ______, ...restBefore } = before;
    expect(rest).toEqual(restBefore);
    expect([epoch, sinceEpoch, shift.collected, shift.size]).toEqual([1, 0, 0, 0]);
    expect(map).not.toBeNull();
  });

  it('gains weight where it is right, and loses it where it is wrong', () => {
    const taught = (given: [number, number][]): number => {
      const [state, random] = [initialState(RULES), seeded(2)];
      beginEpoch(state, { ...change, knots: given });
      for (let i = 0; i < 60; i++) {
        const p = random() < 0.5 ? 0.2 : 0.8;
        applyEntry(state, entryOf({ p, q: p, longWait: p < 0.5, labelAt: i, submittedAt: i }), purseOf(), T);
      }
      return state.weights[5] ?? Number.NaN;
    };
    expect(
      taught([
        [0.2, 0.99],
        [0.8, 0.01],
      ]),
    ).toBeGreaterThan(0.3);
    expect(
      taught([
        [0.2, 0.01],
        [0.8, 0.99],
      ]),
    ).toBeLessThan(0.02);
  });
});
