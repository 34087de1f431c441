import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deserialise } from '../../../functions/domain/calibration/codec.ts';
import { applyBatch, birth, type Folded, stored, tiersChanged } from '../../../functions/domain/fold-batch.ts';
import type { LabelLine } from '../../../functions/domain/ledger-lines.ts';
import { isWait } from '../../../functions/domain/ledger-lines.ts';
import { TOKEN } from '../../../functions/domain/thresholds.ts';
import { ledgerTiers, tierRulesOf } from '../../../functions/domain/tier-numbers.ts';
import type { LedgerItem } from '../../../schemas/items/ledger.ts';
import { actedOn, entryOf, heldOutOf, NOW, NOW_SECONDS, RULES, T } from './builders.ts';
import { anyLine } from './calibration/ledger-entries.ts';

const SEED = 77;
const TIERS = ledgerTiers(RULES);
const CAPS = RULES.map(({ cap }) => cap);

function batchOf(change: Partial<LedgerItem> = {}): LedgerItem {
  return {
    ...{ PK: 'CLUSTER#c1', SK: 'LEDGER#1', v: 1, version: 1, folded_at: NOW.toISOString(), long_wait_seconds: T },
    ...{ tiers: TIERS, reserved: [0, 0, 0, 0], caps: CAPS, entries: [] },
    ...change,
  };
}

/** How far free tokens have moved, in ten-thousandths. */
function deltas({ free }: Folded): number[] {
  return free.map((tier) => ('delta' in tier ? tier.delta : Number.NaN));
}

const bytes = ({ state }: Pick<Folded, 'state'>) => Buffer.from(state);

describe('a batch', () => {
  it('of nothing changes nothing but its version', () => {
    const born = birth(TIERS);
    const folded = applyBatch(born.state, batchOf());
    expect(born.free).toEqual([20, 20, 20, 20].map((whole) => whole * TOKEN));
    expect(deltas(folded)).toEqual([0, 0, 0, 0]);
    expect(deserialise(folded.state).version).toBe(1);
    expect(folded.numbers).toMatchObject({ sample_count: 0, is_learning_mode: true, calibration_score: null });
  });

  it('frees what was reserved, and adds what was earned or lost beside it', () => {
    const entries = [actedOn(1), actedOn(2, { longWait: false }), actedOn(3), heldOutOf(4, 2, { longWait: false })];
    const folded = applyBatch(
      birth(TIERS).state,
      batchOf({ entries, reserved: [1, 1, 1, 2].map((some) => some * TOKEN) }),
    );
    expect(deltas(folded)).toEqual([TOKEN + 40_000, 0, TOKEN, 0]);
  });

  it('of jobs that called for nothing moves no token', () => {
    const entries = Array.from({ length: 30 }, (_, i) => entryOf({ q: 0.2, longWait: i % 2 === 0 }));
    expect(deltas(applyBatch(birth(TIERS).state, batchOf({ entries })))).toEqual([0, 0, 0, 0]);
  });

  it('earns up to the caps that it carries', () => {
    const entries = Array.from({ length: 30 }, () => actedOn(1, { cost: TOKEN }));
    const reserved = [30 * TOKEN, 0, 0, 0];
    const [usual] = deltas(applyBatch(birth(TIERS).state, batchOf({ entries, reserved })));
    const [raised] = deltas(
      applyBatch(birth(TIERS).state, batchOf({ entries, reserved, caps: [100 * TOKEN, ...CAPS.slice(1)] })),
    );
    expect(usual).toBe((60 - 20 + 30) * TOKEN);
    expect(raised).toBe((100 - 20 + 30) * TOKEN);
  });

  it(`comes to the same in one piece or in many, where the purse is the same (seed ${SEED})`, () => {
    const cuts = fc.array(fc.nat(60), { maxLength: 10 });
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 60 }), cuts, cuts, (lines, some, others) => {
        const one = foldInPieces(lines, some);
        const other = foldInPieces(lines, others);
        expect(one.state.equals(other.state)).toBe(true);
        expect(one.free).toEqual(other.free);
      }),
      { numRuns: 2_000, seed: SEED },
    );
  });

  it('rebuilds the same bytes from the same batches', () => {
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 40 }), (entries) => {
        const batch = batchOf({ entries, reserved: [99, 99, 99, 99].map((whole) => whole * TOKEN) });
        expect(bytes(applyBatch(birth(TIERS).state, batch)).equals(bytes(applyBatch(birth(TIERS).state, batch)))).toBe(
          true,
        );
      }),
      { numRuns: 200, seed: SEED },
    );
  });
});

/** Folds lines in batches that end at some places; what is reserved follows from what has been settled by then. */
function foldInPieces(lines: readonly LabelLine[], cuts: readonly number[]): { state: Buffer; free: number[] } {
  const edges = [...new Set([0, ...cuts.map((cut) => cut % (lines.length + 1)), lines.length])].sort((a, b) => a - b);
  const costs = (some: readonly LabelLine[], tier: number): number =>
    some.reduce((sum, line) => sum + (!isWait(line) && line.tier === tier ? line.cost : 0), 0);
  let { state } = birth(TIERS);
  const free = [0, 0, 0, 0];
  for (const [i, from] of edges.entries()) {
    const reserved = RULES.map(({ tier }) => costs(lines.slice(from), tier));
    const entries = lines.slice(from, edges[i + 1] ?? lines.length);
    const folded = applyBatch(state, batchOf({ entries, reserved, version: 1 }));
    state = Uint8Array.from(folded.state);
    for (const [tier, delta] of deltas(folded).entries()) free[tier] = (free[tier] ?? 0) + delta;
  }
  return { state: Buffer.from(state), free };
}

describe('numbers of a tier that have changed', () => {
  const raised = ledgerTiers(tierRulesOf({ warn: { promise: 0.6 } }));
  const withHistory = () => {
    const entries = Array.from({ length: 10 }, (_, i) =>
      actedOn(2, { submittedAt: NOW_SECONDS + 3_600 * i, labelAt: NOW_SECONDS + 3_600 * i + 5 }),
    );
    return applyBatch(birth(TIERS).state, batchOf({ entries, reserved: [0, 10 * TOKEN, 0, 0] })).state;
  };

  it.each<[string, Parameters<typeof tierRulesOf>[0], boolean]>([
    ['a raised promise', { warn: { promise: 0.6 } }, true],
    ['another eps', { warn: { eps: 0.55 } }, true],
    ['another limit of ECE', { warn: { ece: 0.06 } }, true],
    ['other first tokens', { warn: { tokens: 10 } }, true],
    ['another cap', { warn: { cap: 50 } }, false],
    ['a promise below eps - R, which does not count', { warn: { promise: 0.1 } }, false],
  ])('are noticed: %s', (_, configured, changed) => {
    expect(tiersChanged(birth(TIERS).state, tierRulesOf(configured))).toBe(changed);
  });

  it('start tokens and counts of that tier anew, and of no other', () => {
    const before = withHistory();
    const folded = applyBatch(before, batchOf({ tiers: raised, reserved: [TOKEN, 2 * TOKEN, 0, 0] }));
    expect(folded.free).toEqual([{ delta: 0 }, { anew: 20 * TOKEN }, { delta: 0 }, { delta: 0 }]);
    const { tiers } = deserialise(folded.state);
    expect(tiers[1]).toMatchObject({ era: 1, right: 0, rightWeight: 0, tokens: 20 * TOKEN });
    expect(tiers[1].numbers.promise).toBe(0.6);
    expect(tiers[0].era).toBe(0);
    expect(tiersChanged(folded.state, tierRulesOf({ warn: { promise: 0.6 } }))).toBe(false);
  });

  it('keep the evidence where eps is the same, since labels of the same q say the same', () => {
    const kept = deserialise(applyBatch(withHistory(), batchOf({ tiers: raised })).state);
    expect(kept.tiers[1].evidence.size).toBe(10);
    expect(kept.tiers[1].days).toEqual(deserialise(withHistory()).tiers[1].days);
    expect(kept.tiers[1].days.seen).toBe(1);
    const moved = ledgerTiers(tierRulesOf({ warn: { eps: 0.55 } }));
    const [, anew] = deserialise(applyBatch(withHistory(), batchOf({ tiers: moved })).state).tiers;
    expect([anew.evidence.size, anew.days.seen]).toEqual([0, 0]);
  });

  it('leave labels of decisions before them without a say in tokens and counts', () => {
    const entries = [actedOn(2, { longWait: false }), actedOn(2, { eras: [0, 1, 0, 0], longWait: false })];
    const folded = applyBatch(withHistory(), batchOf({ tiers: raised, entries }));
    expect(deserialise(folded.state).tiers[1]).toMatchObject({ wrong: 1, tokens: 19 * TOKEN });
    expect(folded.free[1]).toEqual({ anew: 19 * TOKEN });
  });

  it('have nothing in flight: what was reserved before keeps no token back', () => {
    const entries = [entryOf({ q: 0.55, longWait: false, paper: [2], eras: [0, 1, 0, 0] })];
    const folded = applyBatch(withHistory(), batchOf({ tiers: raised, entries, reserved: [0, 25 * TOKEN, 0, 0] }));
    expect(folded.free[1]).toEqual({ anew: 19.9 * TOKEN });
  });
});

describe('what is stored beside a state', () => {
  it('follows from the state alone', () => {
    const folded = applyBatch(birth(TIERS).state, batchOf({ entries: [actedOn(1)], reserved: [TOKEN, 0, 0, 0] }));
    const repaired = stored(folded.state, NOW.toISOString());
    expect(Buffer.from(repaired.state).equals(bytes(folded))).toBe(true);
    expect(repaired.numbers).toEqual(folded.numbers);
    expect(repaired.tokens).toEqual([24, 20, 20, 20].map((whole) => whole * TOKEN));
  });
});
