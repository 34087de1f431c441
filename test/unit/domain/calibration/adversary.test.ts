import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEntry } from '../../../../functions/domain/calibration/apply.ts';
import { deserialise, serialise } from '../../../../functions/domain/calibration/codec.ts';
import { beginEpoch } from '../../../../functions/domain/calibration/epoch.ts';
import { initialState } from '../../../../functions/domain/calibration/state.ts';
import { maxInFlight } from '../../../../functions/domain/calibration/tokens.ts';
import type { LedgerEntry } from '../../../../schemas/items/ledger.ts';
import { BUDGETS, entryOf } from '../builders.ts';

const DAY = 86_400;

/** How one executed decision may end. `failed`: the read-back failed, and the job was not touched after all. */
const endings = fc.constantFrom('right', 'wrong', 'wrong', 'censored', 'undone', 'failed', 'done');

/** What an adversary chooses: when jobs come, what is served, which open one settles next, how, and when that was known. */
const moves = fc.array(
  fc.record({
    wait: fc.oneof(fc.nat(600), fc.nat(2 * DAY)),
    q: fc.oneof(fc.constantFrom(0, 0.5, 0.7, 1), fc.double({ min: 0, max: 1, noNaN: true })),
    kind: fc.constantFrom('statement' as const, 'intervention' as const),
    settles: fc.array(
      fc.record({ which: fc.nat(12), ending: endings, ago: fc.oneof(fc.constant(0), fc.nat(3 * DAY)) }),
      {
        maxLength: 4,
      },
    ),
    newEpoch: fc.integer({ min: 0, max: 40 }).map((n) => n === 0),
  }),
  { maxLength: 150 },
);
type Moves = typeof moves extends fc.Arbitrary<infer T> ? T : never;

function settled(entry: LedgerEntry, ending: Moves[number]['settles'][number]['ending'], labelAt: number): LedgerEntry {
  const long = (entry.q ?? 0) >= 0.5;
  const statement = entry.kind === 'statement';
  switch (ending) {
    case 'right':
      return { ...entry, labelAt, longWait: long };
    case 'wrong':
      return { ...entry, labelAt, longWait: !long };
    case 'censored':
      return { ...entry, labelAt, longWait: null };
    case 'undone':
      return { ...entry, labelAt, longWait: null, intervened: !statement, harmed: !statement };
    case 'failed':
      return { ...entry, labelAt, longWait: long, harmed: !statement };
    case 'done':
      return { ...entry, labelAt, longWait: null, intervened: !statement };
  }
}

/** Everything runs that a reservation admits: no other rule of the gate helps. @returns the least slack of each bound */
function play(sequence: Moves) {
  let state = initialState(BUDGETS);
  let now = 1_000_000;
  let start: number | null = null;
  let latest = 0;
  let epoch = 0;
  const open: LedgerEntry[] = [];
  const count = { harms: 0, benign: 0, undone: 0, right: 0 };
  const slack = { statement: Number.POSITIVE_INFINITY, intervention: Number.POSITIVE_INFINITY };
  for (const { wait, q, kind, settles, newEpoch } of sequence) {
    now += wait;
    if (open.filter((entry) => entry.kind === kind).length < maxInFlight(state, BUDGETS)[kind]) {
      open.push(entryOf({ kind, p: q, q, executed: true, submittedAt: now, epoch }));
    }
    for (const { which, ending, ago } of settles) {
      const [entry] = open.splice(which % Math.max(1, open.length), 1);
      if (!entry) continue;
      const end = settled(entry, ending, Math.max(1_000_000, now - ago));
      applyEntry(state, end, BUDGETS);
      start ??= end.labelAt;
      latest = Math.max(latest, end.labelAt);
      const right = end.longWait !== null && end.longWait === (end.q ?? 0) >= 0.5;
      if (end.kind === 'statement' && end.longWait !== null) count[right ? 'benign' : 'harms'] += 1;
      if (end.harmed) count.undone += 1;
      if (right && (end.q ?? 0) >= 0.7) count.right += 1;
    }
    if (newEpoch) beginEpoch(state, { epoch: ++epoch, cause: 'promoted', by: 'x', knots: [[0, 0.5]], proof: [] });
    state = deserialise(serialise(state));
    const days = start === null ? 0 : (latest - start) / DAY;
    slack.statement = Math.min(slack.statement, 10 + 0.05 * count.benign + 0.5 * days - count.harms);
    slack.intervention = Math.min(slack.intervention, 3 + 0.05 * count.right + 0.1 * days - count.undone);
  }
  return { slack, tokens: state.tokens };
}

describe('the bound on harm', () => {
  it('holds at every moment for statements and for interventions, in any order, with undone and failed effects', () => {
    fc.assert(
      fc.property(moves, (sequence) => {
        const { slack, tokens } = play(sequence);
        expect(slack.statement).toBeGreaterThanOrEqual(-1e-9);
        expect(slack.intervention).toBeGreaterThanOrEqual(-1e-9);
        expect(Math.min(tokens.statement, tokens.intervention)).toBeGreaterThanOrEqual(-1e-9);
      }),
      { numRuns: 3_000 },
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

  it('is reached by interventions too: an environment that undoes each of them gets exactly three', () => {
    const state = initialState(BUDGETS);
    let undone = 0;
    const bad = entryOf({
      kind: 'intervention',
      executed: true,
      intervened: true,
      harmed: true,
      longWait: null,
      q: 0.9,
    });
    while (maxInFlight(state, BUDGETS).intervention > 0 && undone < 100) {
      applyEntry(state, bad, BUDGETS);
      undone += 1;
    }
    expect(undone).toBe(3);
  });
});
