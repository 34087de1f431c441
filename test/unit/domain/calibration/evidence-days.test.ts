import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEntry } from '../../../../functions/domain/calibration/apply.ts';
import { evidenceDays, noteDay } from '../../../../functions/domain/calibration/evidence-days.ts';
import { type CalibrationState, initialState } from '../../../../functions/domain/calibration/state.ts';
import { decide } from '../../../../functions/domain/gate.ts';
import type { LedgerEntry } from '../../../../schemas/items/ledger.ts';
import { configOf, decideInput, entryOf, NOW_SECONDS, purseOf, RULES, T, verdictOf } from '../builders.ts';
import { seeded } from '../seeded.ts';

const DAY = 86_400;
/** Midnight UTC. */
const MIDNIGHT = Math.floor(NOW_SECONDS / DAY) * DAY;
const SEED = 365;

function seenAfter(...entries: Partial<LedgerEntry>[]): number[] {
  const state = initialState(RULES);
  for (const entry of entries) applyEntry(state, entryOf({ q: 0.95, longWait: true, ...entry }), purseOf(), T);
  return state.tiers.map(({ days }) => days.seen);
}

const at = (labelAt: number): Partial<LedgerEntry> => ({ submittedAt: labelAt - 60, labelAt });

describe('the days of a tier', () => {
  it('are those of UTC: a second on either side of midnight is another day', () => {
    expect(seenAfter(at(MIDNIGHT - 1), at(MIDNIGHT))).toEqual([2, 2, 2, 2]);
    expect(seenAfter(at(MIDNIGHT), at(MIDNIGHT + DAY - 1))).toEqual([1, 1, 1, 1]);
  });

  it('are counted where q reaches the tier, and on its own labels alone', () => {
    expect(seenAfter({ ...at(MIDNIGHT), q: 0.7 }, { ...at(MIDNIGHT + DAY), q: 0.9 })).toEqual([2, 2, 2, 1]);
  });

  it('are not counted for a job that was touched, or that has no label', () => {
    const touched = { ...at(MIDNIGHT), touched: true, tier: 3, called: 3, done: true, longWait: null } as const;
    expect(seenAfter(touched, { ...at(MIDNIGHT + DAY), longWait: null })).toEqual([0, 0, 0, 0]);
  });

  it('are counted for labels that the full ring leaves out', () => {
    const late = { submittedAt: MIDNIGHT, labelAt: MIDNIGHT + DAY };
    expect(seenAfter(at(MIDNIGHT), late)).toEqual([2, 2, 2, 2]);
  });

  it(`never exceed the days there were, and never fall, in whatever order labels come (seed ${SEED})`, () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 * DAY }), { maxLength: 60 }), (times) => {
        const days = evidenceDays();
        let before = 0;
        for (const time of times) {
          noteDay(days, time);
          expect(days.seen - before).toBeGreaterThanOrEqual(0);
          expect(days.seen - before).toBeLessThanOrEqual(1);
          before = days.seen;
        }
        const there = new Set(times.map((time) => Math.floor(time / DAY))).size;
        expect(days.seen).toBeLessThanOrEqual(there);
        const inOrder = evidenceDays();
        for (const time of [...times].sort((a, b) => a - b)) noteDay(inOrder, time);
        expect(inOrder.seen).toBe(there);
      }),
      { numRuns: 1_000, seed: SEED },
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1e300])('do not count a label at %s', (time) => {
    const days = evidenceDays();
    noteDay(days, time);
    expect(days).toEqual(evidenceDays());
  });
});

/** Outcomes that somebody invents: every second several jobs of one second's T, all as forecast. */
function invented(state: CalibrationState, from: number): void {
  const random = seeded(SEED);
  for (let i = 0; i < 220; i++) {
    const submittedAt = from + Math.floor((i * 30) / 220);
    const longWait = i % 2 === 0;
    const q = longWait ? 0.98 : 0.02;
    const entry = { submittedAt, labelAt: submittedAt + (longWait ? 1 : 0), p: q, q, longWait, draw: random() };
    applyEntry(state, entryOf(entry), purseOf(), 1);
  }
}

describe('220 invented outcomes in 30 seconds', () => {
  const decided = (state: CalibrationState, change: Record<string, unknown>) => {
    const config = configOf({ longWaitSeconds: 300, ...change });
    return decide(decideInput({ q: 0.8, state, config, verdict: verdictOf(state, { config }) }));
  };

  it('earn no intervention, and the decision says how many days it takes', () => {
    const state = initialState(RULES);
    invented(state, MIDNIGHT);
    const decision = decided(state, { longWaitSeconds: 1 });
    expect(decision.tier).toBe(2);
    expect(decision.asks?.tier).toBe(3);
    expect(decision.passedOver[0]?.reasons.map(({ message }) => message)).toEqual([
      'suggest: outcomes with q >= 0.70 from 1 of 3 days (UTC) seen',
    ]);
  });

  it('earn one at once where the days are off', () => {
    const state = initialState(RULES);
    invented(state, MIDNIGHT);
    expect(decided(state, { longWaitSeconds: 1, evidenceDays: 0 }).tier).toBe(3);
  });
});
