import type { EpochChange } from '../../../schemas/items/ledger.ts';
import { exchangeMap } from './experts.ts';
import { mapOf } from './map.ts';
import { restartShift } from './psi.ts';
import type { CalibrationState } from './state.ts';

/**
 * Begins a new epoch, in place: another map joins the experts, or one leaves (CALIBRATION.md section 7). Its first labels are
 * capped at notify, and the distribution of p is compared from here on. Ring, evidence, tokens, n and detectors go on.
 */
export function beginEpoch(state: CalibrationState, change: EpochChange): void {
  exchangeMap(state, mapOf(change.knots));
  state.epoch = change.epoch;
  state.sinceEpoch = 0;
  restartShift(state.shift);
}
