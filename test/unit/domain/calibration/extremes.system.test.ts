import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEntry } from '../../../../functions/domain/calibration/apply.ts';
import type { Pair } from '../../../../functions/domain/calibration/bins.ts';
import { brierScore } from '../../../../functions/domain/calibration/brier.ts';
import { deserialise, serialise } from '../../../../functions/domain/calibration/codec.ts';
import { debiasedEce } from '../../../../functions/domain/calibration/debiased-ece.ts';
import { canonicalEce, largestGap, nullMean } from '../../../../functions/domain/calibration/ece.ts';
import { beginEpoch } from '../../../../functions/domain/calibration/epoch.ts';
import { freeOf, needOf } from '../../../../functions/domain/calibration/purse.ts';
import { inOrderOfQ } from '../../../../functions/domain/calibration/served-sample.ts';
import { type CalibrationState, initialState, isFiniteState } from '../../../../functions/domain/calibration/state.ts';
import { decide } from '../../../../functions/domain/gate.ts';
import type { LedgerEntry } from '../../../../schemas/items/ledger.ts';
import {
  decideInput,
  entryOf,
  evaluation,
  NOW_SECONDS,
  purseOf,
  RULES,
  T,
  trustedState,
  verdictOf,
  withTier,
} from '../builders.ts';
import { CoreRun } from '../core-run.ts';
import { seeded } from '../seeded.ts';
import { anyEntry } from './ledger-entries.ts';

const SEED = 1_000_003;
const odd = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, 0, 1, 2, 5e-324, 1e300);
const probability = fc.oneof(
  { weight: 5, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
  { weight: 2, arbitrary: fc.constantFrom(0, 1, 0.5) },
  { weight: 1, arbitrary: odd },
);
const time = fc.oneof(fc.nat(10_000_000), odd);
const oddEntry: fc.Arbitrary<LedgerEntry> = fc
  .record({ entry: anyEntry, p: fc.option(probability), q: fc.option(probability), labelAt: time, submittedAt: time })
  .map(({ entry, ...more }) => ({ ...entry, ...more }));
/** Long enough for an ECE, of which a constant, ties and one class are the likely cases and not the rare ones. */
const histories = fc.oneof(
  fc.array(oddEntry, { maxLength: 120 }),
  fc
    .record({ entry: oddEntry, times: fc.integer({ min: 1, max: 250 }), y: fc.boolean() })
    .map(({ entry, times, y }) => Array.from({ length: times }, () => ({ ...entry, longWait: y, touched: false }))),
);
function folded(entries: readonly LedgerEntry[]): CalibrationState {
  const state = initialState(RULES);
  const purse = purseOf({ reserved: [9, 9, 9, 9] });
  for (const [i, entry] of entries.entries()) {
    if (i === Math.floor(entries.length / 2)) beginEpoch(state, 1);
    applyEntry(state, entry, purse, T);
  }
  return state;
}

describe('whatever is folded', () => {
  it(`never throws, and can be stored (seed ${SEED})`, () => {
    fc.assert(
      fc.property(histories, (entries) => {
        const state = folded(entries);
        const bytes = Buffer.from(serialise(state));
        expect(bytes.length).toBeLessThanOrEqual(8_192);
        expect(Buffer.from(serialise(deserialise(bytes))).equals(bytes)).toBe(true);
      }),
      { numRuns: 2_000, seed: SEED },
    );
  });

  it(`never lets anything act on what is no evidence (seed ${SEED})`, () => {
    fc.assert(
      fc.property(histories, fc.option(fc.double({ min: 0, max: 1, noNaN: true })), (entries, q) => {
        const state = folded(entries);
        const verdict = verdictOf(state);
        expect(verdict.score === null || (verdict.score >= 0 && verdict.score <= 1)).toBe(true);
        const { executed, tier, next } = decide(decideInput({ q, state, verdict }));
        if (!executed && next !== 'holdOut') return;
        expect(q).not.toBeNull();
        expect(isFiniteState(state)).toBe(true);
        expect(state.evaluation?.n).toBeGreaterThanOrEqual(50);
        expect(state.evaluation?.skilled).toBe(true);
        expect(verdict.score).toBeGreaterThan(0.6);
        expect(freeOf(state, purseOf(), tier - 1)).toBeGreaterThanOrEqual(needOf(tier));
      }),
      { numRuns: 2_000, seed: SEED },
    );
  });

  it(`never comes nearer to acting by times that are none, or p and q that are none (seed ${SEED})`, () => {
    const spoilt = fc.constantFrom<Partial<LedgerEntry>>(
      { q: Number.NaN },
      { q: Number.POSITIVE_INFINITY },
      { q: -0.5 },
      { q: 1.5 },
      { q: null },
      { submittedAt: Number.NaN },
      { labelAt: Number.NaN },
      { submittedAt: Number.POSITIVE_INFINITY, labelAt: Number.POSITIVE_INFINITY },
      { submittedAt: Number.NEGATIVE_INFINITY, labelAt: Number.NEGATIVE_INFINITY },
    );
    fc.assert(
      fc.property(spoilt, fc.nat(1_000), (change, seed) => {
        const [state, random] = [initialState(RULES), seeded(seed)];
        for (let i = 0; i < 120; i++) {
          const submittedAt = NOW_SECONDS + 3_600 * i;
          const q = random();
          const good = { submittedAt, labelAt: submittedAt + 60, p: null, q, longWait: random() < q, draw: random() };
          applyEntry(state, entryOf({ ...good, ...change }), purseOf(), T);
        }
        expect(state.outcomes.size).toBe(0);
        expect(state.tiers.map((tier) => tier.evidence.size)).toEqual([0, 0, 0, 0]);
        expect(state.evaluation).toBeNull();
      }),
      { numRuns: 200, seed: SEED },
    );
  });
});

describe('what is no number', () => {
  const spoilt = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

  it.each<[string, (bad: number) => CalibrationState]>([
    ['the ECE', (bad) => trustedState({ evaluation: evaluation({ ece: bad }) })],
    ['its standard error', (bad) => trustedState({ evaluation: evaluation({ error: Math.abs(bad) }) })],
    ['tokens', (bad) => withTier(trustedState(), 4, { tokens: bad })],
    ['a detector', (bad) => trustedState({ served: new Float64Array(13).fill(bad) })],
    ['what a tier has lost', (bad) => withTier(trustedState(), 1, { wrongWeight: bad })],
  ])('as %s never acts', (_, stateOf) => {
    for (const bad of spoilt) {
      const state = stateOf(bad);
      expect(decide(decideInput({ q: 0.95, state, verdict: verdictOf(state) }))).toMatchObject({ executed: false });
    }
  });

  it.each([Number.NaN, -0.1, 1.1, Number.POSITIVE_INFINITY, null])('as q (%s) calls for nothing', (q) => {
    const { executed, called, tier } = decide(decideInput({ q }));
    expect({ executed, called, tier }).toEqual({ executed: false, called: 0, tier: 0 });
  });

  it('as what is reserved never acts', () => {
    const purse = purseOf({ reserved: [Number.NaN, Number.NaN, Number.NaN, Number.NaN] });
    expect(decide(decideInput({ purse }))).toMatchObject({ tier: 0, executed: false, cost: 0 });
  });

  it('as a time of submission never acts', () => {
    const job = { clusterId: 'c1', jobId: 'j1', submittedAt: 'yesterday' };
    expect(decide(decideInput({ job }))).toMatchObject({ executed: false, next: 'late', foldable: false, asks: null });
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
    ['q = 0, and never long', 0, false],
    ['q = 1, and always long', 1, true],
    ['q = 0, and always long', 0, true],
    ['q = 1, and never long', 1, false],
    ['q = .5, and never long', 0.5, false],
    ['q = .9, and always long', 0.9, true],
  ])('%s: stays finite, tells nothing, and is never acted on', (_, q, long) => {
    const run = new CoreRun();
    for (let i = 0; i < 1_500; i++) {
      const submittedAt = NOW_SECONDS + i * 600;
      const draws = { holdOutDraw: () => 0.5, ringDraw: () => 0.5 };
      const { tier } = run.submit({ submittedAt, labelAt: submittedAt + T, q, longWait: () => long, ...draws });
      expect(tier).toBe(0);
    }
    expect(isFiniteState(run.state)).toBe(true);
    expect(run.state.evaluation?.skilled).toBe(false);
  });
});
