import { clip } from './normal.ts';
import type { CalibrationState } from './state.ts';

const STEP = 0.2;
/** Share of waits that each tracker lets by: 5 % on either side, 10 % above the one-sided bound. */
const MISSES = { lo: 0.05, hi: 0.05, up: 0.1 } as const;
const LARGEST_EXPONENT = 14;

export interface WaitBounds {
  readonly lowerSeconds: number;
  readonly upperSeconds: number;
  readonly upper90Seconds: number;
}

/** Bounds on the wait around a predicted point wait, in seconds: e^(m + tracker) - 1 with m = log(1 + predicted). */
export function boundsAround(state: CalibrationState, predictedSeconds: number): WaitBounds {
  const m = Math.log1p(Math.max(0, predictedSeconds));
  const bound = (tracker: number): number => Math.exp(clip(m + tracker, 0, LARGEST_EXPONENT)) - 1;
  return {
    lowerSeconds: bound(state.interval.lo),
    upperSeconds: bound(state.interval.hi),
    upper90Seconds: bound(state.interval.up),
  };
}

/**
 * Moves each tracker by what the wait showed. A job that is labelled long before it starts has waited at least
 * `atLeastSeconds`; a tracker moves then only if that already settles whether its bound was missed.
 */
export function trackWait(
  state: CalibrationState,
  predictedSeconds: number,
  waitSeconds: number | null,
  atLeastSeconds: number,
): void {
  const bounds = boundsAround(state, predictedSeconds);
  const above = (bound: number): boolean | null =>
    waitSeconds !== null ? waitSeconds > bound : atLeastSeconds > bound ? true : null;
  const below =
    waitSeconds !== null ? waitSeconds < bounds.lowerSeconds : atLeastSeconds >= bounds.lowerSeconds ? false : null;
  state.interval.lo -= moveBy(below, MISSES.lo);
  state.interval.hi += moveBy(above(bounds.upperSeconds), MISSES.hi);
  state.interval.up += moveBy(above(bounds.upper90Seconds), MISSES.up);
}

function moveBy(missed: boolean | null, rate: number): number {
  return missed === null ? 0 : STEP * ((missed ? 1 : 0) - rate);
}
