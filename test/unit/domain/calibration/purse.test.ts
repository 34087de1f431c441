import { describe, expect, it } from 'vitest';
import { capFor, demandAfter } from '../../../../functions/domain/calibration/demand.ts';
import {
  costOf,
  freeOf,
  holdOutShare,
  needOf,
  type Purse,
  settleAct,
  settlePaper,
  slackOf,
} from '../../../../functions/domain/calibration/purse.ts';
import { initialState } from '../../../../functions/domain/calibration/state.ts';
import { TOKEN } from '../../../../functions/domain/thresholds.ts';
import type { LedgerEntry } from '../../../../schemas/items/ledger.ts';
import { actedOn, entryOf, heldOutOf, purseOf, RULES, ruleOf } from '../builders.ts';

/** Settles one act of a tier whose reservation is still held. @returns how its tokens moved, and what is left in the purse */
function settled(entry: LedgerEntry, { tokens = 20 * TOKEN, caps }: { tokens?: number; caps?: number[] } = {}) {
  const state = initialState(RULES);
  const i = entry.tier - 1;
  const tier = state.tiers[i];
  if (tier === undefined) throw new RangeError('an act has a tier');
  tier.tokens = tokens;
  const purse = purseOf(caps === undefined ? {} : { caps });
  purse.reserved[i] = entry.cost;
  const y = entry.longWait === null || entry.touched ? null : entry.longWait ? 1 : 0;
  settleAct(state, purse, entry, y);
  return { moved: tier.tokens - tokens, tier, purse, reserved: purse.reserved[i] };
}

describe('what an act reserves', () => {
  it.each([
    [2, 0.5, 2],
    [3.9, 0.5, 2],
    [4, 0.5, 2],
    [4.1, 2 / 4.1, 2.05],
    [5, 0.4, 2.5],
    [20, 0.1, 10],
    [39.9, 2 / 39.9, 19.95],
    [40, 0.05, 20],
    [41, 0.05, 20],
    [400, 0.05, 20],
  ])('with %s free tokens is a hold-out share of %s, and %s tokens where it is held out', (free, share, weight) => {
    expect(holdOutShare(free * TOKEN)).toBeCloseTo(share, 12);
    expect(costOf(holdOutShare(free * TOKEN))).toBe(Math.floor(weight * TOKEN + 1e-6));
    // No label can cost what was not set aside.
    expect(costOf(holdOutShare(free * TOKEN))).toBeLessThanOrEqual(free * TOKEN);
  });

  it('is one token where it is done, and never more than is free at any of them', () => {
    expect(costOf(null)).toBe(TOKEN);
    for (let free = 2 * TOKEN; free <= 60 * TOKEN; free += 7) {
      const cost = costOf(holdOutShare(free));
      expect(Number.isInteger(cost) && cost <= free && cost >= 2 * TOKEN).toBe(true);
    }
  });

  it('needs one free token for a statement and two for an intervention', () => {
    expect([1, 2, 3, 4].map((tier) => needOf(tier) / TOKEN)).toEqual([1, 1, 2, 2]);
  });

  it('leaves free what is not reserved', () => {
    expect(freeOf(initialState(RULES), purseOf({ reserved: [0, 3.5, 0, 0] }), 1)).toBe(16.5 * TOKEN);
  });
});

describe('an act that is settled', () => {
  it.each([
    [1, 4],
    [2, 0.57 / 0.43],
    [3, 0.35 / 0.65],
    [4, 0.13 / 0.87],
  ])('of tier %s costs a token where it was wrong, and earns (1 - pi) / pi = %s where it was right', (tier, odds) => {
    const statement = { touched: false, longWait: true };
    expect(settled(actedOn(tier, { ...statement, longWait: false })).moved).toBe(-TOKEN);
    // Whatever is earned is rounded down.
    expect(settled(actedOn(tier, statement)).moved).toBe(Math.floor(odds * TOKEN + 1e-6));
  });

  it('gives its reservation back, whatever came of it', () => {
    const ends: Partial<LedgerEntry>[] = [
      {},
      { longWait: false },
      { longWait: null },
      { done: false },
      { undone: true },
    ];
    for (const tier of [1, 2, 3, 4]) {
      for (const end of ends) expect(settled(actedOn(tier, end)).reserved).toBe(0);
    }
  });

  it.each<[string, LedgerEntry]>([
    ['touched by the agent', actedOn(3)],
    ['held out, and touched by somebody else', heldOutOf(3, 2, { touched: true })],
    ['without a label', actedOn(1, { longWait: null })],
    ['that a switch refused', actedOn(1, { done: false, longWait: false })],
    ['of an earlier start of its tier', actedOn(1, { eras: [1, 0, 0, 0], longWait: false })],
  ])('moves no token of a job %s', (_, entry) => {
    const { moved, tier } = settled(entry);
    expect(moved).toBe(0);
    expect([tier.wrongWeight, tier.rightWeight, tier.right, tier.wrong]).toEqual([0, 0, 0, 0]);
  });

  it('leaves alone what was reserved before its tier started anew', () => {
    expect(settled(actedOn(1, { eras: [1, 0, 0, 0] })).reserved).toBe(TOKEN);
  });

  it('counts what was touched, and what came of hold-outs, apart', () => {
    expect(settled(actedOn(4)).tier).toMatchObject({ touched: 1, right: 0, heldRight: 0 });
    expect(settled(heldOutOf(4, 3)).tier).toMatchObject({ touched: 0, heldRight: 1, heldWrong: 0, right: 0 });
    expect(settled(heldOutOf(4, 3, { longWait: false })).tier).toMatchObject({ heldRight: 0, heldWrong: 1 });
    expect(settled(actedOn(2)).tier).toMatchObject({ right: 1, wrong: 0 });
    expect(settled(actedOn(2, { longWait: false })).tier).toMatchObject({ right: 0, wrong: 1 });
  });

  it('costs what it reserved where its intervention was undone', () => {
    const { moved, tier } = settled(actedOn(3, { undone: true }));
    expect(moved).toBe(-TOKEN);
    expect(tier).toMatchObject({ undone: 1, touched: 0, wrongWeight: TOKEN });
  });

  it('moves tokens 1/h-fold where it was held out', () => {
    expect(settled(heldOutOf(3, 2.5, { longWait: false })).moved).toBe(-25_000);
    const gain = Math.floor((0.35 / 0.65) * TOKEN);
    expect(settled(heldOutOf(3, 2.5)).moved).toBe(Math.floor((gain * 25_000) / TOKEN));
  });

  it('earns up to the cap, and a cap that has fallen takes nothing away', () => {
    expect(settled(actedOn(2), { tokens: 39.9 * TOKEN }).tier.tokens).toBe(40 * TOKEN);
    expect(settled(actedOn(2), { tokens: 40 * TOKEN }).moved).toBe(0);
    expect(settled(actedOn(2), { tokens: 55 * TOKEN }).moved).toBe(0);
    expect(settled(actedOn(2), { tokens: 55 * TOKEN, caps: [60, 80, 60, 40] }).moved).toBeGreaterThan(0);
  });
});

describe('a paper trade', () => {
  function traded(y: 0 | 1, { tokens = 0, reserved = 0, entry = entryOf({ paper: [3] }) } = {}) {
    const state = initialState(RULES);
    state.tiers[2].tokens = tokens;
    const purse: Purse = purseOf({ reserved: [0, 0, reserved / TOKEN, 0] });
    settlePaper(state, purse, entry, y);
    return state.tiers[2];
  }

  it('counts a tenth: a right one earns a tenth of the gain, up to K', () => {
    expect(traded(1)).toMatchObject({ tokens: Math.floor((0.35 / 0.65) * 1_000), paperRight: 1, paperWrong: 0 });
    expect(traded(1, { tokens: 20 * TOKEN - 1 }).tokens).toBe(20 * TOKEN);
    expect(traded(1, { tokens: 25 * TOKEN }).tokens).toBe(25 * TOKEN);
  });

  it('that was wrong takes a tenth of a token, never below what is reserved', () => {
    expect(traded(0, { tokens: TOKEN })).toMatchObject({ tokens: 9_000, paperWrong: 1 });
    expect(traded(0, { tokens: TOKEN, reserved: 9_500 }).tokens).toBe(9_500);
    expect(traded(0, { tokens: TOKEN, reserved: TOKEN }).tokens).toBe(TOKEN);
    expect(traded(0, { tokens: 0 }).tokens).toBe(0);
    // More may be reserved than there is after a restart of what is stored: paper makes that no worse.
    expect(traded(0, { tokens: TOKEN, reserved: 2 * TOKEN }).tokens).toBe(TOKEN);
  });

  it('of an earlier start of its tier moves nothing', () => {
    const old = entryOf({ paper: [3], eras: [0, 0, 1, 0] });
    expect(traded(1, { entry: old })).toMatchObject({ tokens: 0, paperRight: 0 });
  });

  it('brings an empty tier back to where it may act, at the pace of its cluster', () => {
    const state = initialState(RULES);
    state.tiers[2].tokens = 0;
    let trades = 0;
    while (freeOf(state, purseOf(), 2) < needOf(3)) {
      settlePaper(state, purseOf(), entryOf({ paper: [3] }), 1);
      trades += 1;
    }
    expect(trades).toBe(38);
  });
});

describe('what is left of a promise', () => {
  it('is K at first, and follows the counts and not the tokens', () => {
    const { tier } = settled(actedOn(2, { longWait: false }));
    expect(slackOf(initialState(RULES).tiers[1])).toBe(20 * TOKEN);
    expect(slackOf(tier)).toBe(19 * TOKEN);
    tier.tokens = 7;
    expect(slackOf(tier)).toBe(19 * TOKEN);
    expect(slackOf({ ...tier, paperRight: 10 })).toBeCloseTo((19 + 0.57 / 0.43) * TOKEN, 6);
    expect(slackOf({ ...tier, rightWeight: 2 * TOKEN })).toBeCloseTo((19 + (2 * 0.57) / 0.43) * TOKEN, 6);
  });
});

describe('the demand of a tier', () => {
  it('is the most that is open at once, and fades by a thousandth with each call', () => {
    expect(demandAfter(0, 1)).toBe(1);
    expect(demandAfter(10, 1)).toBe(9.99);
    expect(demandAfter(10, 10)).toBe(10);
    expect(demandAfter(10, 9.99)).toBe(9.99);
  });

  it.each([
    [0, 60],
    [15, 60],
    [15.25, 61],
    [1_000, 4_000],
  ])('of %s raises the cap of tier 1 to %s tokens', (demand, cap) => {
    expect(capFor(ruleOf(1), demand)).toBe(cap * TOKEN);
  });

  it('never gives a part of a ten-thousandth', () => {
    expect(Number.isInteger(capFor(ruleOf(1), 999.123456789))).toBe(true);
  });
});
