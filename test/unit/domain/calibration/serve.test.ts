import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEntry } from '../../../../functions/domain/calibration/apply.ts';
import { beginEpoch } from '../../../../functions/domain/calibration/epoch.ts';
import { serve } from '../../../../functions/domain/calibration/serve.ts';
import { initialState } from '../../../../functions/domain/calibration/state.ts';
import { entryOf, purseOf, RULES, T, trustedState } from '../builders.ts';
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
        expect(Math.min(...state.weights)).toBeGreaterThanOrEqual(0.002);
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

describe('a new epoch', () => {
  it('restarts nothing but its own labels and the distribution of p', () => {
    const state = trustedState();
    const before = structuredClone(state);
    beginEpoch(state, 1);
    const { epoch, sinceEpoch, shift, ...rest } = state;
    const { epoch: _, sinceEpoch: __, shift: ___, ...restBefore } = before;
    expect(rest).toEqual(restBefore);
    expect([epoch, sinceEpoch, shift.collected, shift.size]).toEqual([1, 0, 0, 0]);
  });
});
