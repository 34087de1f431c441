import type { CalibrationItem } from '../../schemas/items/calibration.ts';
import type { LedgerItem } from '../../schemas/items/ledger.ts';
import { applyEntry, applyWait } from './calibration/apply.ts';
import { deserialise, serialise } from './calibration/codec.ts';
import { beginEpoch } from './calibration/epoch.ts';
import { recalibrationNeeded, scoreOfState } from './calibration/evaluation.ts';
import type { Purse } from './calibration/purse.ts';
import { type CalibrationState, initialState, startedTier, type TierStart } from './calibration/state.ts';
import { isOfQueue, isWait } from './ledger-lines.ts';
import { type TierRules, tierRulesOf } from './tier-numbers.ts';

/** The numbers stored beside a state, under the item's names. */
type Numbers = Pick<
  CalibrationItem,
  | 'current_ece'
  | 'last_known_good_ece'
  | 'calibration_score'
  | 'sample_count'
  | 'recalibration_needed'
  | 'is_learning_mode'
  | 'last_updated'
>;

/** A state after one batch, and how its free tokens change. */
export interface Folded {
  readonly state: Uint8Array<ArrayBuffer>;
  readonly numbers: Numbers;
  /** Per tier, in ten-thousandths: the change in free tokens, or the full amount after a restart. */
  readonly free: readonly ({ readonly delta: number } | { readonly anew: number })[];
  /** Per tier: how often it has restarted. */
  readonly eras: readonly number[];
}

type Rules = LedgerItem['tiers'];

/** The stored state of an unknown cluster, and its free tokens. */
export function birth(rules: Rules): { state: Uint8Array<ArrayBuffer>; free: number[] } {
  return { state: serialise(initialState(named(rules))), free: rules.map(({ start }) => start) };
}

/**
 * The one step of the fold: state before a batch -> state after it. It starts and ends with stored bytes, so that live
 * folding and a later rebuild from the ledger cannot differ by a rounding that only one of them saw.
 */
export function applyBatch(state: Uint8Array, batch: LedgerItem): Folded {
  const next = deserialise(state);
  const anew = startChangedTiers(next, batch.tiers);
  const before = next.tiers.map(({ tokens }) => tokens);
  const purse: Purse = {
    reserved: Float64Array.from(batch.reserved, (reserved, i) => (anew[i] ? 0 : reserved)),
    caps: Float64Array.from(batch.caps),
  };
  const reserved = Float64Array.from(purse.reserved);
  if (batch.change) beginEpoch(next, batch.change.epoch);
  for (const entry of batch.entries) {
    if (isOfQueue(entry)) continue;
    if (isWait(entry)) applyWait(next, entry);
    else applyEntry(next, entry, purse, batch.long_wait_seconds);
  }
  next.version = batch.version;
  const free = next.tiers.map(({ tokens }, i) => {
    if (anew[i]) return { anew: tokens };
    return { delta: tokens - (before[i] ?? 0) + (reserved[i] ?? 0) - (purse.reserved[i] ?? 0) };
  });
  const eras = next.tiers.map(({ era }) => era);
  return { state: serialise(next), numbers: numbersOf(next, batch.folded_at), free, eras };
}

/** Everything stored beside a state, derived from the state: what a repair has to write with it. */
export function stored(
  bytes: Uint8Array,
  foldedAt: string,
): { state: Uint8Array<ArrayBuffer>; numbers: Numbers; tokens: number[] } {
  const state = deserialise(bytes);
  const tokens = state.tiers.map((tier) => tier.tokens);
  return { state: serialise(state), numbers: numbersOf(state, foldedAt), tokens };
}

/** Whether any tier runs on other numbers than these: then the next batch restarts it. */
export function tiersChanged(bytes: Uint8Array, rules: readonly TierRules[]): boolean {
  return deserialise(bytes).tiers.some(({ numbers }, i) => !isSame(numbers, rules[i]));
}

/** Restarts the tiers whose numbers have changed. @returns which */
function startChangedTiers({ tiers }: CalibrationState, rules: Rules): boolean[] {
  return tiers.map((tier, i) => {
    const numbers = rules[i];
    if (numbers === undefined || isSame(tier.numbers, numbers)) return false;
    const { eps, ece, promise, start } = numbers;
    const fresh = startedTier({ eps, ece, promise, start }, tier.era + 1);
    // With the same eps, the labels remain evidence under the new numbers.
    Object.assign(tier, fresh, eps === tier.numbers.eps ? { evidence: tier.evidence, days: tier.days } : {});
    return true;
  });
}

function isSame(one: TierStart, other: TierStart | undefined): boolean {
  if (other === undefined) return false;
  return one.eps === other.eps && one.ece === other.ece && one.promise === other.promise && one.start === other.start;
}

/** A batch stores only the numbers of the tiers; their names are in the code. */
function named(rules: Rules): TierRules[] {
  return tierRulesOf({}).map((usual, i) => ({ ...usual, ...rules[i] }));
}

/** Named as operators already know them. */
function numbersOf(state: CalibrationState, foldedAt: string): Numbers {
  return {
    current_ece: state.evaluation?.ece ?? null,
    last_known_good_ece: state.lastGoodEce,
    calibration_score: scoreOfState(state),
    sample_count: state.n,
    recalibration_needed: recalibrationNeeded(state),
    is_learning_mode: scoreOfState(state) === null,
    last_updated: foldedAt,
  };
}
