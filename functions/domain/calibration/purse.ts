import type { LedgerEntry } from '../../../schemas/items/ledger.ts';
import { kindOf, NUMBERS, type Numbers, TOKEN } from '../thresholds.ts';
import type { CalibrationState, TierState } from './state.ts';

/**
 * The tokens reserved by decisions in flight and the caps raised by demand, per tier, lowest first, in ten-thousandths of a
 * token. They change between folds, so the item holds them beside the state; a back-test keeps them in memory.
 */
export interface Purse {
  readonly reserved: Float64Array;
  readonly caps: Float64Array;
}

/** Free tokens of a tier, in ten-thousandths. */
export function freeOf(state: CalibrationState, purse: Purse, i: number): number {
  return (state.tiers[i]?.tokens ?? 0) - (purse.reserved[i] ?? 0);
}

/** Share of a tier's interventions to hold out: the fewer tokens it has to lose, the more it checks. */
export function holdOutShare(free: number, { tokens: { holdOut } }: Numbers = NUMBERS): number {
  const { least, most, keep } = holdOut;
  return Math.max(least, Math.min(most, (keep * TOKEN) / free));
}

/** What an act reserves, and costs if it is wrong: one token, or 1/h for a hold-out, rounded down. */
export function costOf(heldOutShare: number | null): number {
  return heldOutShare === null ? TOKEN : Math.floor(TOKEN / heldOutShare);
}

/** Free tokens an act needs on top of its cost. */
export function needOf(tier: number, { tokens }: Numbers = NUMBERS): number {
  return tokens.need[kindOf(tier)] * TOKEN;
}

/**
 * Settles one act with its own tier (CALIBRATION.md section 4): the reservation ends, a wrong act costs what it reserved, and a
 * right one earns. A job that was touched, has no label, or whose tier has restarted since only returns its reservation.
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
 * Scores what a tier would have done with enough tokens, at a tenth each. This is how a tier that lost its tokens comes back, at
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
 * The slack of a tier's promise, in ten-thousandths of a token: wrong <= K + (right + .1 paper-right) (1 - pi)/pi holds while
 * this is not negative. It is computed from the counts, independently of the tokens that enforce it.
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
  // A falling cap never takes tokens away.
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
