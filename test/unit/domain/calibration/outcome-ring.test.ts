import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deserialise, serialise } from '../../../../functions/domain/calibration/codec.ts';
import { debiasedEce } from '../../../../functions/domain/calibration/debiased-ece.ts';
import { evaluate } from '../../../../functions/domain/calibration/evaluation.ts';
import {
  fromSteps,
  type OutcomeRing,
  offerOutcome,
  outcomeRing,
  stepsOf,
} from '../../../../functions/domain/calibration/outcome-ring.ts';
import { inOrderOfQ } from '../../../../functions/domain/calibration/served-sample.ts';
import { skill } from '../../../../functions/domain/calibration/skill.ts';
import { initialState } from '../../../../functions/domain/calibration/state.ts';
import { RULES, T } from '../builders.ts';

/** Few different probabilities, so that ties abound. */
const labels = fc.array(
  fc.record({
    q: fc.oneof(fc.constantFrom(0, 0.3, 0.5, 1), fc.double({ min: 0, max: 1, noNaN: true })),
    y: fc.constantFrom<0 | 1>(0, 1),
    gap: fc.constantFrom(0, 0, 1, 200, 4_000),
    draw: fc.double({ min: 0, max: 0.999, noNaN: true }),
  }),
  { minLength: 1, maxLength: 150 },
);
type Labels = typeof labels extends fc.Arbitrary<infer L> ? L : never;

const START = 1_767_225_600;

function offerAll(ring: OutcomeRing, sequence: Labels, times = 1): void {
  let submittedAt = START;
  for (let i = 0; i < times; i++) {
    for (const { q, y, gap, draw } of sequence) {
      submittedAt += gap;
      offerOutcome(ring, { submittedAt, labelAt: submittedAt + 100, draw }, q, y, T);
    }
  }
}

describe('the ring of outcomes', () => {
  it('is evaluated as exactly the labels that it holds', () => {
    fc.assert(
      fc.property(labels, (sequence) => {
        const ring = outcomeRing();
        offerAll(ring, sequence);
        const { size } = ring;
        const held = inOrderOfQ({
          q: ring.q.slice(0, size),
          y: ring.y.slice(0, size),
          submittedAt: ring.at.slice(0, size),
        });
        expect(evaluate(ring, T)).toEqual({ ...debiasedEce(held, T), skilled: skill(held, T) });
      }),
      { numRuns: 1_000, seed: 3 },
    );
  });

  it('keeps its order by q through replacements and past its end', () => {
    fc.assert(
      fc.property(labels, fc.constantFrom(1, 9, 25), (sequence, times) => {
        const ring = outcomeRing();
        offerAll(ring, sequence, times);
        const order = [...ring.order.subarray(0, ring.size)];
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: ring.size }, (_, slot) => slot));
        const qs = order.map((slot) => ring.q[slot] ?? Number.NaN);
        expect(qs).toEqual([...qs].sort((a, b) => a - b));
      }),
      { numRuns: 300, seed: 4 },
    );
  });

  it('evaluates to the same bits after it was stored', () => {
    fc.assert(
      fc.property(labels, fc.constantFrom(1, 9), (sequence, times) => {
        const state = initialState(RULES);
        offerAll(state.outcomes, sequence, times);
        expect(evaluate(deserialise(serialise(state)).outcomes, T)).toEqual(evaluate(state.outcomes, T));
      }),
      { numRuns: 300, seed: 5 },
    );
  });

  it('keeps a probability in steps that come back to themselves', () => {
    for (const q of [0, 1, 0.3, 0.5, 0.7, 0.9, 1e-9, 1 - 1e-9, 1 / 3]) {
      const kept = fromSteps(stepsOf(q));
      expect(Math.abs(kept - q)).toBeLessThan(1e-7);
      expect(fromSteps(stepsOf(kept))).toBe(kept);
    }
  });
});
