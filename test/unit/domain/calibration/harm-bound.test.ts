import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEntry } from '../../../../functions/domain/calibration/apply.ts';
import { deserialise, serialise } from '../../../../functions/domain/calibration/codec.ts';
import { initialState } from '../../../../functions/domain/calibration/state.ts';
import { maxInFlight } from '../../../../functions/domain/calibration/tokens.ts';
import type { LedgerEntry } from '../../../../schemas/items/ledger.ts';
import { BUDGETS, entryOf } from '../builders.ts';

const DAY = 86_400;

/** What an adversary chooses: when jobs come, what is served, when each label comes, and what it says. */
const moves = fc.array(
  fc.record({
    wait: fc.oneof(fc.nat(600), fc.nat(2 * DAY)),
    q: fc.double({ min: 0, max: 1, noNaN: true }),
    kind: fc.constantFrom('statement' as const, 'intervention' as const),
    settles: fc.nat(5),
    harmful: fc.boolean(),
    spite: fc.boolean(),
  }),
  { maxLength: 300 },
);

/**
 * Lets everything run that a reservation admits: no other rule of the gate helps here. The spiteful adversary makes every
 * outcome harmful, the other mixes in good ones to earn tokens back.
 */
function play(sequence: typeof moves extends fc.Arbitrary<infer T> ? T : never): { slack: number; lowest: number } {
  let state = initialState(BUDGETS);
  let now = 1_000_000;
  const inFlight: LedgerEntry[] = [];
  const count = { harms: 0, benign: 0, failed: 0, right: 0 };
  let start: number | null = null;
  let slack = Number.POSITIVE_INFINITY;
  let lowest = Number.POSITIVE_INFINITY;
  for (const { wait, q, kind, settles, harmful, spite } of sequence) {
    now += wait;
    if (inFlight.filter((entry) => entry.kind === kind).length < maxInFlight(state, BUDGETS)[kind]) {
      inFlight.push(entryOf({ kind, p: q, q, executed: true, submittedAt: now }));
    }
    for (const entry of inFlight.splice(0, settles)) {
      const bad = harmful || spite;
      const long = (entry.q ?? 0) >= 0.5;
      const outcome =
        kindOf(entry) === 'intervention'
          ? { intervened: true, harmed: bad, longWait: null }
          : { longWait: bad ? !long : long };
      applyEntry(state, { ...entry, labelAt: now, ...outcome }, BUDGETS);
      start ??= now;
      if (kindOf(entry) === 'intervention') count.failed += bad ? 1 : 0;
      else if (bad) count.harms += 1;
      else {
        count.benign += 1;
        count.right += long && (entry.q ?? 0) >= 0.7 ? 1 : 0;
      }
    }
    state = deserialise(serialise(state));
    const days = start === null ? 0 : (now - start) / DAY;
    slack = Math.min(slack, 10 + 0.05 * count.benign + 0.5 * days - count.harms);
    slack = Math.min(slack, 3 + 0.05 * count.right + 0.1 * days - count.failed);
    lowest = Math.min(lowest, state.tokens.statement, state.tokens.intervention);
  }
  return { slack, lowest };
}

const kindOf = (entry: LedgerEntry) => entry.kind;

describe('the bound on harm', () => {
  it('holds at every moment for both kinds, whatever the data do', () => {
    fc.assert(
      fc.property(moves, (sequence) => {
        const { slack, lowest } = play(sequence);
        expect(slack).toBeGreaterThanOrEqual(-1e-9);
        expect(lowest).toBeGreaterThanOrEqual(-1e-9);
      }),
      { numRuns: 300 },
    );
  });

  it('is reached, not just kept: an environment that is always wrong gets exactly ten harms', () => {
    const state = initialState(BUDGETS);
    let harms = 0;
    while (maxInFlight(state, BUDGETS).statement > 0 && harms < 100) {
      applyEntry(state, entryOf({ executed: true, longWait: true }), BUDGETS);
      harms += 1;
    }
    expect(harms).toBe(10);
  });
});
