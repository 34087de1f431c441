import type { CalibrationItem } from '../../schemas/items/calibration.ts';
import type { LedgerItem } from '../../schemas/items/ledger.ts';
import { applyEntry, applyWait } from './calibration/apply.ts';
import { deserialise, serialise } from './calibration/codec.ts';
import { beginEpoch } from './calibration/epoch.ts';
import { recalibrationNeeded, scoreOfState } from './calibration/evaluation.ts';
import type { Purse } from './calibration/purse.ts';
import { type CalibrationState, initialState, startedTier, type TierStart } from './calibration/state.ts';
import { isOfQueue, isWait } from './ledger-lines.ts';
import { type TierRules, tierRulesOf } from './tier-rules.ts';

/** The numbers that are stored beside a state; the names are the item's. */
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

/** What one batch makes of a state, and of what is free beside it. */
export interface Folded {
  readonly state: Uint8Array<ArrayBuffer>;
  readonly numbers: Numbers;
  /** Per tier: how its free tokens move, or that it starts anew with all of them. Ten-thousandths. */
  readonly free: readonly ({ readonly delta: number } | { readonly anew: number })[];
  /** Per tier: how often it has started anew. */
  readonly eras: readonly number[];
}

type Rules = LedgerItem['tiers'];

/** The state of a cluster that nothing is known about, as stored, and its free tokens. */
export function birth(rules: Rules): { state: Uint8Array<ArrayBuffer>; free: number[] } {
  return { state: serialise(initialState(named(rules))), free: rules.map(({ start }) => start) };
}

/**
 * The one step of the fold: state before a batch -> state after it. It starts and ends in stored bytes, so that folding
 * as outcomes come and rebuilding from the ledger later cannot differ by a rounding that only one of them saw.
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

/** All that is stored beside a state, from the state alone: what a repair has to write with it. */
export function stored(
  bytes: Uint8Array,
  foldedAt: string,
): { state: Uint8Array<ArrayBuffer>; numbers: Numbers; tokens: number[] } {
  const state = deserialise(bytes);
  const tokens = state.tiers.map((tier) => tier.tokens);
  return { state: serialise(state), numbers: numbersOf(state, foldedAt), tokens };
}

/** Whether some tiers run on other numbers than these: then the next batch starts them anew. */
export function tiersChanged(bytes: Uint8Array, rules: readonly TierRules[]): boolean {
  return deserialise(bytes).tiers.some(({ numbers }, i) => !isSame(numbers, rules[i]));
}

/** Starts the tiers anew whose numbers are others now. @returns which */
function startChangedTiers({ tiers }: CalibrationState, rules: Rules): boolean[] {
  return tiers.map((tier, i) => {
    const numbers = rules[i];
    if (numbers === undefined || isSame(tier.numbers, numbers)) return false;
    const { eps, ece, promise, start } = numbers;
    const fresh = startedTier({ eps, ece, promise, start }, tier.era + 1);
    // Labels of the same q are evidence under other numbers too.
    Object.assign(tier, fresh, eps === tier.numbers.eps ? { evidence: tier.evidence } : {});
    return true;
  });
}

function isSame(one: TierStart, other: TierStart | undefined): boolean {
  if (other === undefined) return false;
  return one.eps === other.eps && one.ece === other.ece && one.promise === other.promise && one.start === other.start;
}

/** A batch keeps the numbers of the tiers, their names stand in the code. */
function named(rules: Rules): TierRules[] {
  return tierRulesOf({}).map((usual, i) => ({ ...usual, ...rules[i] }));
}

/** The names that operators already know. */
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
