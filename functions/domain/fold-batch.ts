import type { CalibrationItem } from '../../schemas/items/calibration.ts';
import type { LedgerItem } from '../../schemas/items/ledger.ts';
import { applyEntry, applyWait } from './calibration/apply.ts';
import { deserialise, serialise } from './calibration/codec.ts';
import { beginEpoch } from './calibration/epoch.ts';
import { recalibrationNeeded, scoreOfState } from './calibration/evidence.ts';
import { type Budgets, CALIBRATION, type CalibrationState, initialState } from './calibration/state.ts';
import { maxInFlight } from './calibration/tokens.ts';
import { isWait } from './ledger-lines.ts';

/** What follows from the state and is stored beside it. */
type Derived = Pick<CalibrationItem, 'state' | 'max_statement' | 'max_intervention'>;
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

/** The state of a cluster that nothing is known about, as stored. */
export function birth(budgets: Budgets): Derived {
  return derived(initialState(budgets), budgets);
}

/**
 * The one step of the fold: state before a batch -> state after it. It starts and ends in stored bytes, so that folding
 * as outcomes come and rebuilding from the ledger later cannot differ by a rounding that only one of them saw.
 */
export function applyBatch(state: Uint8Array, batch: LedgerItem): Derived & Numbers {
  const next = deserialise(state);
  if (batch.change) beginEpoch(next, batch.change);
  for (const entry of batch.entries) {
    if (isWait(entry)) applyWait(next, entry);
    else applyEntry(next, entry, batch.budgets);
  }
  next.version = batch.version;
  return { ...derived(next, batch.budgets), ...numbers(next, batch.folded_at) };
}

/** All that is stored beside a state, from the state alone: what a repair has to write with it. */
export function stored(bytes: Uint8Array, { budgets, folded_at }: LedgerItem): Derived & Numbers {
  const state = deserialise(bytes);
  return { ...derived(state, budgets), ...numbers(state, folded_at) };
}

function derived(state: CalibrationState, budgets: Budgets): Derived {
  const max = maxInFlight(state, budgets);
  return { state: serialise(state), max_statement: max.statement, max_intervention: max.intervention };
}

/** The names that operators already know. */
function numbers(state: CalibrationState, foldedAt: string): Numbers {
  return {
    current_ece: state.recent?.ece ?? null,
    last_known_good_ece: state.lastGoodEce,
    calibration_score: scoreOfState(state),
    sample_count: state.n,
    recalibration_needed: recalibrationNeeded(state),
    is_learning_mode: state.n < CALIBRATION.minimumLabels,
    last_updated: foldedAt,
  };
}
