import { mixture } from './experts.ts';
import { boundsAround, type WaitBounds } from './intervals.ts';
import type { CalibrationState } from './state.ts';

export interface Served extends WaitBounds {
  /** Served probability of a long wait, in (0, 1); null where VGAC gave no usable one. */
  readonly q: number | null;
}

/**
 * What may be shown and acted on (CALIBRATION.md section 3): VGAC's probability after the experts,
 * and bounds on the wait in seconds. A probability that is none (NaN, below 0, above 1) is served as null, like a missing one.
 *
 * @param prediction p as VGAC gave it; point wait in seconds
 */
export function serve(state: CalibrationState, prediction: { p: number | null; waitSeconds: number }): Served {
  const { p, waitSeconds } = prediction;
  return { q: servedProbability(state, p), ...boundsAround(state, waitSeconds) };
}

/** The q of `serve` alone. */
export function servedProbability(state: CalibrationState, p: number | null): number | null {
  return p !== null && p >= 0 && p <= 1 ? mixture(state, p) : null;
}
