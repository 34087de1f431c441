import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEntry } from '../../../../functions/domain/calibration/apply.ts';
import type { Pair } from '../../../../functions/domain/calibration/bins.ts';
import { brierScore } from '../../../../functions/domain/calibration/brier.ts';
import { deserialise, serialise } from '../../../../functions/domain/calibration/codec.ts';
import { debiasedEce } from '../../../../functions/domain/calibration/debiased-ece.ts';
import { canonicalEce, largestGap, nullMean } from '../../../../functions/domain/calibration/ece.ts';
import { beginEpoch } from '../../../../functions/domain/calibration/epoch.ts';
import { serve } from '../../../../functions/domain/calibration/serve.ts';
import { inOrderOfQ } from '../../../../functions/domain/calibration/served-sample.ts';
import { initialState, isFiniteState } from '../../../../functions/domain/calibration/state.ts';
import { applyBatch, birth } from '../../../../functions/domain/fold-batch.ts';
import { decide } from '../../../../functions/domain/gate.ts';
import type { LedgerLine } from '../../../../functions/domain/ledger-lines.ts';
import type { EpochChange, LedgerEntry, LedgerItem } from '../../../../schemas/items/ledger.ts';
import { BUDGETS, decideInput, entryOf, NOW, verdictOf } from '../builders.ts';
import { anyEntry, anyLine } from './ledger-entries.ts';

const odd = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, 0, 1, 2, 5e-324);
const probability = fc.oneof(
  { weight: 5, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
  { weight: 2, arbitrary: fc.constantFrom(0, 1, 0.5) },
  { weight: 1, arbitrary: odd },
);
const oddEntry: fc.Arbitrary<LedgerEntry> = fc
  .record({
    entry: anyEntry,
    p: fc.option(probability),
    q: fc.option(probability),
    labelAt: fc.oneof(fc.integer({ min: 0, max: 10_000_000 }), odd),
    submittedAt: fc.oneof(fc.integer({ min: 0, max: 10_000_000 }), odd),
  })
  .map(({ entry, ...more }) => ({ ...entry, ...more }));
/** Long enough for an ECE, of which a constant, ties and one class are the likely cases and not the rare ones. */
const histories = fc.oneof(
  fc.array(oddEntry, { maxLength: 120 }),
  fc
    .record({ entry: oddEntry, times: fc.integer({ min: 1, max: 250 }), y: fc.boolean() })
    .map(({ entry, times, y }) => Array.from({ length: times }, () => ({ ...entry, longWait: y, intervened: false }))),
);
const knots: fc.Arbitrary<EpochChange['knots']> = fc.option(
  fc
    .array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 64 })
    .map((values) => values.slice(0, 64).sort((a, b) => a - b))
    .map((sorted) =>
      Array.from({ length: Math.floor(sorted.length / 2) }, (_, i): [number, number] => [
        sorted[2 * i] ?? 0,
        sorted[2 * i + 1] ?? 1,
      ]),
    ),
);
const change = (epoch: number, given: EpochChange['knots']): EpochChange => ({
  ...{ epoch, cause: 'promoted', by: 'a property', knots: given },
  proof: Array.from({ length: 60 }, (_, i) => ({ p: i / 60, q: (60 - i) / 61, longWait: i % 7 === 0 })),
});

describe('whatever is folded', () => {
  it('never throws, keeps q in (0, 1) and the weights at one, and fits 4 KB, across changes of epoch', () => {
    fc.assert(
      fc.property(histories, knots, probability, (entries, given, p) => {
        const state = initialState(BUDGETS);
        for (const [i, entry] of entries.entries()) {
          if (i === Math.floor(entries.length / 2)) beginEpoch(state, change(1, given));
          applyEntry(state, entry, BUDGETS);
        }
        const bytes = serialise(state);
        expect(bytes.length).toBeLessThanOrEqual(4096);
        expect(serialise(deserialise(bytes))).toEqual(bytes);
        expect(state.weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9);
        const { q } = serve(state, { p, waitSeconds: 60 });
        expect(q === null).toBe(!(p >= 0 && p <= 1));
        if (q !== null) expect(q > 0 && q < 1).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('never lets anything act on what is no evidence', () => {
    fc.assert(
      fc.property(histories, probability, (entries, p) => {
        const state = initialState(BUDGETS);
        for (const entry of entries) applyEntry(state, entry, BUDGETS);
        state.hold = 0;
        const { q } = serve(state, { p, waitSeconds: 60 });
        const verdict = verdictOf(state);
        expect(verdict.score === null || (verdict.score >= 0 && verdict.score <= 1)).toBe(true);
        const decision = decide(decideInput({ q, state, verdict }));
        if (!decision.executed) return;
        expect(q).not.toBeNull();
        expect(isFiniteState(state)).toBe(true);
        expect(state.n).toBeGreaterThanOrEqual(50);
        expect(verdict.score).toBeGreaterThan(0.6);
        expect(state.tokens[decision.kind]).toBeGreaterThanOrEqual(1);
        expect(Math.min(q ?? 1, 1 - (q ?? 0))).toBeLessThanOrEqual(state.tau);
      }),
      { numRuns: 2_000 },
    );
  });

  it('gives the same bytes however the ledger is batched', () => {
    const at = NOW.toISOString();
    const fold = (entries: readonly LedgerLine[], cuts: readonly number[], given: EpochChange['knots']) => {
      const half = Math.floor(entries.length / 2);
      const edges = [...new Set([0, half, ...cuts.map((cut) => cut % (entries.length + 1)), entries.length])];
      edges.sort((a, b) => a - b);
      let bytes = birth(BUDGETS).state;
      const apply = (batch: Partial<LedgerItem>) => {
        const item = {
          PK: 'CLUSTER#c',
          SK: 'LEDGER#',
          v: 1 as const,
          version: 9,
          folded_at: at,
          budgets: BUDGETS,
          entries: [],
          ...batch,
        };
        bytes = applyBatch(bytes, item).state;
      };
      for (const [i, from] of edges.entries()) {
        if (from === half) apply({ change: change(1, given) });
        apply({ entries: entries.slice(from, edges[i + 1] ?? entries.length) });
      }
      return Buffer.from(bytes);
    };
    fc.assert(
      fc.property(
        fc.array(anyLine, { maxLength: 60 }),
        fc.array(fc.nat(60), { maxLength: 12 }),
        fc.array(fc.nat(60), { maxLength: 12 }),
        knots,
        (entries, some, others, given) => {
          expect(fold(entries, some, given).equals(fold(entries, others, given))).toBe(true);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('whatever is measured', () => {
  const pair: fc.Arbitrary<Pair> = fc.record({ p: probability, y: fc.constantFrom(0 as const, 1 as const) });
  const samples = fc.oneof(
    fc.array(pair, { maxLength: 60 }),
    fc
      .record({ p: probability, count: fc.nat(60), y: fc.constantFrom(0 as const, 1 as const) })
      .map(({ p, count, y }) => Array.from({ length: count }, (): Pair => ({ p, y }))),
  );

  it('is a number between 0 and 1, or null where a p is none or there is nothing', () => {
    fc.assert(
      fc.property(samples, (sample) => {
        const usable = sample.length > 0 && sample.every(({ p }) => p >= 0 && p <= 1);
        const estimate = debiasedEce(
          inOrderOfQ({
            q: Float64Array.from(sample, ({ p }) => p),
            y: Uint8Array.from(sample, ({ y }) => y),
            submittedAt: Float64Array.from(sample, (_, i) => i * 60),
          }),
          300,
        );
        const measures = [canonicalEce(sample), largestGap(sample), brierScore(sample), estimate?.ece ?? null];
        for (const value of measures) {
          expect(value !== null).toBe(usable);
          if (value !== null) expect(value >= 0 && value <= 1 + 1e-12).toBe(true);
        }
        if (estimate === null) return;
        expect(estimate.lower).toBeLessThanOrEqual(estimate.ece);
        expect(estimate.upper).toBeGreaterThan(estimate.ece);
        expect(estimate.nullMean).toBeCloseTo(nullMean(sample) ?? Number.NaN, 12);
        expect(estimate.n).toBe(sample.length);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('a cluster whose jobs are all alike', () => {
  it.each([
    ['p = 0, and never long', 0, false],
    ['p = 1, and always long', 1, true],
    ['p = 0, and always long', 0, true],
    ['p = 1, and never long', 1, false],
    ['p = .5, and never long', 0.5, false],
  ])('%s: stays finite, and harms no more than its tokens', (_, p, longWait) => {
    const state = initialState(BUDGETS);
    let harms = 0;
    for (let i = 0; i < 1_500; i++) {
      const now = new Date(NOW.getTime() + i * 60_000);
      const { q } = serve(state, { p, waitSeconds: 10 });
      const job = { clusterId: 'c1', jobId: `j${i}`, submittedAt: now.toISOString() };
      const decision = decide(decideInput({ q, state, verdict: verdictOf(state), job, now }));
      const executed = decision.executed && decision.kind === 'statement';
      const at = { submittedAt: now.getTime() / 1000, labelAt: now.getTime() / 1000 + 30 };
      applyEntry(state, entryOf({ p, q, longWait, executed, ...at }), BUDGETS);
      if (executed && (q ?? 0) >= 0.5 !== longWait) harms += 1;
    }
    expect(isFiniteState(state)).toBe(true);
    expect(harms).toBeLessThanOrEqual(11);
  });
});
