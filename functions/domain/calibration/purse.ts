import type { LedgerEntry } from '../../../schemas/items/ledger.ts';
import { kindOf, NUMBERS, type Numbers, TOKEN } from '../thresholds.ts';
import type { CalibrationState, TierState } from './state.ts';

/**
 * What stands beside the state at the moment, per tier and lowest first, in ten-thousandths of a token: what decisions in
 * flight have reserved, and the caps that demand has raised. On AWS the item holds it; a back-test keeps it in memory.
 */
export interface Purse {
  readonly reserved: Float64Array;
  readonly caps: Float64Array;
}

/** Free tokens of a tier, in ten-thousandths. */
export function freeOf(state: CalibrationState, purse: Purse, i: number): number {
  return (state.tiers[i]?.tokens ?? 0) - (purse.reserved[i] ?? 0);
}

/** Share of a tier's interventions that is left out on purpose: the less there is to lose, the more is checked. */
export function holdOutShare(free: number, { tokens: { holdOut } }: Numbers = NUMBERS): number {
  const { least, most, keep } = holdOut;
  return Math.max(least, Math.min(most, (keep * TOKEN) / free));
}

/** What an act reserves, and costs where it is wrong: one token, or 1/h for a hold-out, rounded down. */
export function costOf(heldOutShare: number | null): number {
  return heldOutShare === null ? TOKEN : Math.floor(TOKEN / heldOutShare);
}

/** Free tokens that an act needs beside its cost. */
export function needOf(tier: number, { tokens }: Numbers = NUMBERS): number {
  return tokens.need[kindOf(tier)] * TOKEN;
}

/**
 * Settles one act with its own tier (CALIBRATION.md section 4): its reservation ends, a wrong one costs what it reserved, a right one
 * earns. A job that was touched, or has no label, gives its reservation back and nothing else; so does one whose tier
 * has started anew since.
 */
export function settleAct(state: CalibrationState, purse: Purse, entry: LedgerEntry, y: 0 | 1 | null): void {
  const i = entry.tier - 1;
  const tier = state.tiers[i];
  if (tier === undefined || entry.eras[i] !== tier.era) return;
  purse.reserved[i] = (purse.reserved[i] ?? 0) - entry.cost;
  if (!entry.done) return;
  if (entry.undone) {
    tier.undone += 1;
    lose(tier, entry.cost);
    return;
  }
  if (entry.touched) {
    if (!entry.heldOut && kindOf(entry.tier) === 'intervention') tier.touched += 1;
    return;
  }
  if (y === null) return;
  count(tier, entry.heldOut, y);
  if (y === 0) lose(tier, entry.cost);
  else earn(tier, entry.cost, purse.caps[i] ?? 0);
}

/**
 * Scores what a tier would have done had it had the tokens, a tenth each: that is how a tier that lost its tokens comes back, at
 * the pace of its cluster.
 */
export function settlePaper(state: CalibrationState, purse: Purse, entry: LedgerEntry, y: 0 | 1): void {
  const { paper } = state.numbers.tokens;
  for (const number of entry.paper) {
    const i = number - 1;
    const tier = state.tiers[i];
    if (tier === undefined || entry.eras[i] !== tier.era) continue;
    if (y === 1) {
      tier.paperRight += 1;
      const gain = Math.floor(gainOf(tier) / paper);
      tier.tokens = Math.max(tier.tokens, Math.min(tier.numbers.start, tier.tokens + gain));
    } else {
      tier.paperWrong += 1;
      const floor = Math.min(tier.tokens, purse.reserved[i] ?? 0);
      tier.tokens = Math.max(floor, tier.tokens - TOKEN / paper);
    }
  }
}

/**
 * What is left of a tier's promise, in ten-thousandths of a token: wrong <= K + (right + .1 paper-right) (1 - pi)/pi holds while
 * this is not negative, recomputed from the counts and not from the tokens that keep it.
 */
export function slackOf(tier: TierState, { tokens }: Numbers = NUMBERS): number {
  const { promise, start } = tier.numbers;
  const odds = (1 - promise) / promise;
  return start + (tier.rightWeight + (TOKEN / tokens.paper) * tier.paperRight) * odds - tier.wrongWeight;
}

function gainOf({ numbers: { promise } }: TierState): number {
  return Math.floor((TOKEN * (1 - promise)) / promise);
}

function earn(tier: TierState, weight: number, cap: number): void {
  const gain = Math.floor((gainOf(tier) * weight) / TOKEN);
  tier.rightWeight += weight;
  // A falling cap takes nothing away.
  tier.tokens = Math.max(tier.tokens, Math.min(cap, tier.tokens + gain));
}

function lose(tier: TierState, weight: number): void {
  tier.wrongWeight += weight;
  tier.tokens -= weight;
}

function count(tier: TierState, heldOut: boolean, y: 0 | 1): void {
  if (heldOut) {
    if (y === 1) tier.heldRight += 1;
    else tier.heldWrong += 1;
  } else if (y === 1) tier.right += 1;
  else tier.wrong += 1;
}
