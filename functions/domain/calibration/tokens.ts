import type { Kind } from '../../../schemas/primitives.ts';
import { type Budgets, CALIBRATION, type CalibrationState } from './state.ts';

const DAY = 86_400;
const KINDS: readonly Kind[] = ['statement', 'intervention'];

function refilled(state: CalibrationState, kind: Kind, budgets: Budgets, at: number): number {
  const { cap, perDay } = budgets[kind];
  const elapsed = state.lastTime === null || !Number.isFinite(at) ? 0 : Math.max(0, at - state.lastTime);
  return Math.min(cap, state.tokens[kind] + (perDay * elapsed) / DAY);
}

/** Tokens of one kind projected to `now` (seconds), for a decision; the fold itself refills by labelAt. */
export function tokensAt(state: CalibrationState, kind: Kind, budgets: Budgets, now: number): number {
  return refilled(state, kind, budgets, now);
}

/** Refills both kinds up to a labelAt in seconds; time never runs backwards. */
export function refill(state: CalibrationState, labelAt: number, budgets: Budgets): void {
  if (!Number.isFinite(labelAt)) return;
  for (const kind of KINDS) state.tokens[kind] = refilled(state, kind, budgets, labelAt);
  state.lastTime = state.lastTime === null ? labelAt : Math.max(state.lastTime, labelAt);
}

/** A harm costs one token. It cannot go below zero: a reservation holds a whole token for each job in flight. */
export function debit(state: CalibrationState, kind: Kind): void {
  state.tokens[kind] -= 1;
}

export function credit(state: CalibrationState, kind: Kind, budgets: Budgets): void {
  state.tokens[kind] = Math.min(budgets[kind].cap, state.tokens[kind] + CALIBRATION.credit);
}

/**
 * How many of each kind may be in flight at most: every one of them may turn out harmful, so each needs a whole token.
 * Takes the tokens at the last fold, not projected: it is stored with the state and can only be too strict.
 */
export function maxInFlight(state: CalibrationState, budgets: Budgets): Record<Kind, number> {
  return {
    statement: maxInFlightOf(state, 'statement', budgets),
    intervention: maxInFlightOf(state, 'intervention', budgets),
  };
}

/** As `maxInFlight`, for one kind. */
export function maxInFlightOf(state: CalibrationState, kind: Kind, budgets: Budgets): number {
  const tokens = state.tokens[kind];
  return Number.isFinite(tokens) ? Math.max(0, Math.min(budgets[kind].inFlight, Math.floor(tokens))) : 0;
}
