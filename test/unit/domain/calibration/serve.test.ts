import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEntry } from '../../../../functions/domain/calibration/apply.ts';
import { serve } from '../../../../functions/domain/calibration/serve.ts';
import { initialState } from '../../../../functions/domain/calibration/state.ts';
import { BUDGETS } from '../builders.ts';
import { anyEntry } from './ledger-entries.ts';

describe('serve', () => {
  it('starts with p itself, held away from certainty by the experts', () => {
    expect(serve(initialState(), { p: 0.064, waitSeconds: 0 }).q).toBeCloseTo(0.064, 12);
    expect(serve(initialState(), { p: 0, waitSeconds: 0 }).q).toBeCloseTo(0.0008, 12);
    expect(serve(initialState(), { p: 1, waitSeconds: 0 }).q).toBeCloseTo(0.9992, 12);
  });

  it.each([null, Number.NaN, -0.1, 1.1, Number.POSITIVE_INFINITY])(
    'serves no probability for p = %s, but bounds',
    (p) => {
      const served = serve(initialState(), { p, waitSeconds: 17.2 });
      expect(served.q).toBeNull();
      expect(served.upperSeconds).toBeCloseTo(364.556772002, 8);
      expect(served.upper90Seconds).toBeCloseTo(220.721390085, 8);
      expect(served.lowerSeconds).toBeCloseTo(1.463102155, 8);
    },
  );

  it('keeps q inside (0, 1), the weights summing to 1 and the maps in their limits, whatever it is taught', () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 100 }), fc.double({ min: 0, max: 1, noNaN: true }), (entries, p) => {
        const state = initialState(BUDGETS);
        for (const entry of entries) applyEntry(state, entry, BUDGETS);
        const { q } = serve(state, { p, waitSeconds: 1 });
        expect(q).toBeGreaterThan(0);
        expect(q).toBeLessThan(1);
        expect(state.weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
        expect(Math.min(...state.weights)).toBeGreaterThanOrEqual(0.002);
        for (const map of state.platt) {
          expect(Math.abs(map.a)).toBeLessThanOrEqual(6);
          expect(map.b).toBeGreaterThanOrEqual(0.05);
          expect(map.b).toBeLessThanOrEqual(3);
          expect(map.p00 + map.p11).toBeLessThanOrEqual(2 + 1e-9);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('learns a constant bias of the model', () => {
    const state = initialState(BUDGETS);
    for (let i = 0; i < 2000; i++) {
      const entry = { p: 0.5, q: serve(state, { p: 0.5, waitSeconds: 0 }).q, longWait: i % 10 === 0 };
      applyEntry(state, { ...blank, labelAt: i, ...entry }, BUDGETS);
    }
    expect(serve(state, { p: 0.5, waitSeconds: 0 }).q).toBeGreaterThan(0.05);
    expect(serve(state, { p: 0.5, waitSeconds: 0 }).q).toBeLessThan(0.17);
  });
});

const blank = {
  jobId: 'j',
  decisionId: 'd',
  submittedAt: 0,
  kind: 'statement' as const,
  executed: false,
  intervened: false,
  harmed: false,
  predictedWaitSeconds: null,
  waitSeconds: null,
  epoch: 0,
};
