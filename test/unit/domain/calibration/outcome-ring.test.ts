import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pair } from '../../../../functions/domain/calibration/bins.ts';
import { deserialise, serialise } from '../../../../functions/domain/calibration/codec.ts';
import {
  debiasedEce,
  type EceEstimate,
  estimateOf,
  runningSums,
} from '../../../../functions/domain/calibration/ece.ts';
import { outcomeRing, pushOutcome, sumOutcomes } from '../../../../functions/domain/calibration/rings.ts';
import { initialState } from '../../../../functions/domain/calibration/state.ts';

const CAPACITY = 40;
const NEWEST = 15;
const STEPS = 65_535;

/** Few different probabilities, so that ties abound. */
const outcomes = fc.array(
  fc.record({
    p: fc.oneof(fc.constantFrom(0, 0.5, 1), fc.double({ min: 0, max: 1, noNaN: true })),
    y: fc.constantFrom<0 | 1>(0, 1),
  }),
  { minLength: 1, maxLength: 150 },
);

function close(actual: EceEstimate, expected: EceEstimate | null): void {
  for (const key of ['n', 'ece', 'lower', 'upper', 'nullMean'] as const) {
    expect(actual[key]).toBeCloseTo(expected?.[key] ?? Number.NaN, 12);
  }
}

describe('the ring of outcomes', () => {
  it('gives at any time the ECE of exactly the last outcomes, sorted with ties oldest first', () => {
    fc.assert(
      fc.property(outcomes, (sequence) => {
        const ring = outcomeRing(CAPACITY);
        const pairs: Pair[] = [];
        const [all, newest] = [runningSums(CAPACITY), runningSums(CAPACITY)];
        for (const { p, y } of sequence) {
          pushOutcome(ring, p, y);
          pairs.push({ p: Math.round(p * STEPS) / STEPS, y });
        }
        sumOutcomes(ring, NEWEST, all, newest);
        close(estimateOf(all), debiasedEce(pairs.slice(-CAPACITY)));
        close(estimateOf(newest), debiasedEce(pairs.slice(-NEWEST)));
      }),
      { numRuns: 1000 },
    );
  });

  it('comes back from its bytes in the same order', () => {
    fc.assert(
      fc.property(outcomes, fc.constantFrom(1, 9), (sequence, times) => {
        const state = initialState();
        for (let i = 0; i < times; i++) for (const { p, y } of sequence) pushOutcome(state.outcomes, p, y);
        const { order, size } = deserialise(serialise(state)).outcomes;
        expect(order.slice(0, size)).toEqual(state.outcomes.order.slice(0, size));
      }),
      { numRuns: 200 },
    );
  });
});
