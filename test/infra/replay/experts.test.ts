import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { experts, learn, mixture } from '../../../infra/replay/forecast/experts.ts';

describe('the five experts', () => {
  it('start with p itself, held away from certainty', () => {
    expect(mixture(experts(), 0.064)).toBeCloseTo(0.064, 12);
    expect(mixture(experts(), 0)).toBeCloseTo(0.0008, 12);
    expect(mixture(experts(), 1)).toBeCloseTo(0.9992, 12);
  });

  it('keep q inside (0, 1), the weights summing to 1 and the maps in their limits, whatever they are taught (seed 1)', () => {
    const probability = fc.oneof(fc.constantFrom(0, 1, 0.5), fc.double({ min: 0, max: 1, noNaN: true }));
    const label = fc.record({ p: probability, y: fc.constantFrom<0 | 1>(0, 1) });
    fc.assert(
      fc.property(fc.array(label, { maxLength: 100 }), probability, (labels, p) => {
        const taught = experts();
        for (const one of labels) learn(taught, one.p, one.y);
        const q = mixture(taught, p);
        expect(q > 0 && q < 1).toBe(true);
        expect(taught.weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
        expect(Math.min(...taught.weights)).toBeGreaterThanOrEqual(0.002);
        for (const { a, b, p00, p11 } of taught.platt) {
          expect(Math.abs(a) <= 6 && b >= 0.05 && b <= 3 && p00 + p11 <= 2 + 1e-9).toBe(true);
        }
      }),
      { numRuns: 1_000, seed: 1 },
    );
  });

  it('learn a constant bias of the model', () => {
    const taught = experts();
    for (let i = 0; i < 2_000; i++) learn(taught, 0.5, i % 10 === 0 ? 1 : 0);
    const q = mixture(taught, 0.5);
    expect(q > 0.05 && q < 0.17).toBe(true);
  });
});
