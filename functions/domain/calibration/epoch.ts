import type { EpochChange } from '../../../schemas/items/ledger.ts';
import { judgeServed } from './apply.ts';
import { learn } from './experts.ts';
import { mapOf, throughMap } from './map.ts';
import { clearOutcomes } from './rings.ts';
import { type CalibrationState, initialState } from './state.ts';

/**
 * Begins a new epoch, in place: another map goes in force, and experts, evidence and the detector on served q start again
 * (CALIBRATION.md sections 3 and 7). Its first evidence is the proof slice, as if the epoch had begun there; its first
 * labels of its own are still to come, so it is capped at notify.
 *
 * What is about harm and not about the map goes on: tokens, tau, harm rings, probation, interval trackers, the detector
 * on raw p. So does the drift band, until enough labels of the slice are back under it.
 */
export function beginEpoch(state: CalibrationState, change: EpochChange): void {
  const fresh = initialState();
  state.weights.set(fresh.weights);
  for (const [i, map] of state.platt.entries()) Object.assign(map, fresh.platt[i]);
  state.bias = fresh.bias;
  state.map = mapOf(change.knots);
  state.epoch = change.epoch;
  state.served.fill(0);
  state.caution = 0;
  state.n = 0;
  state.recent = null;
  state.whole = null;
  clearOutcomes(state.outcomes);
  for (const { p, q, longWait } of change.proof) {
    const y = longWait ? 1 : 0;
    learn(state, throughMap(state.map, p), y);
    judgeServed(state, q, y);
  }
  state.sinceEpoch = 0;
}
