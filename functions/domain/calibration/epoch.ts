import { restartShift } from './psi.ts';
import type { CalibrationState } from './state.ts';

/**
 * Begins a new epoch, in place: a refit of the built-in forecast takes effect, or the models before it are restored
 * (CALIBRATION.md section 7). Its first labels are capped at notify, and the distribution of p is compared from here on. Ring,
 * evidence, tokens, n and detectors carry over.
 */
export function beginEpoch(state: CalibrationState, epoch: number): void {
  state.epoch = epoch;
  state.sinceEpoch = 0;
  restartShift(state.shift);
}
