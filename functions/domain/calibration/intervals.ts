import { clip } from './normal.ts';
import { CALIBRATION, type CalibrationState } from './state.ts';

const LARGEST_EXPONENT = 14;
/**
 * A point of e^14 - 1 less the whole range: there a bound ends at its limit whatever was predicted. A tracker may go that
 * far again, as the debt of misses that came all at once because long waits are known late; forgiven, they would never
 * be made up for, and a busy partition would see 87 % of its waits covered instead of 90 %.
 */
const FARTHEST = 2 * LARGEST_EXPONENT;

export interface WaitBounds {
  readonly lowerSeconds: number;
  readonly upperSeconds: number;
  readonly upper90Seconds: number;
}

/** Bounds on the wait around a predicted point wait, in seconds: e^(m + tracker) - 1 with m = log(1 + predicted). */
export function boundsAround(state: CalibrationState, predictedSeconds: number): WaitBounds {
  const bounds = { lowerSeconds: 0, upperSeconds: 0, upper90Seconds: 0 };
  putBoundsAround(state, predictedSeconds, bounds);
  return bounds;
}

/** As `boundsAround`, into an object that is there already. */
export function putBoundsAround(
  state: CalibrationState,
  predictedSeconds: number,
  into: { -readonly [bound in keyof WaitBounds]: number },
): void {
  const m = Math.log1p(Math.max(0, predictedSeconds));
  into.lowerSeconds = boundAt(m + state.interval.lo);
  into.upperSeconds = boundAt(m + state.interval.hi);
  into.upper90Seconds = boundAt(m + state.interval.up);
}

function boundAt(exponent: number): number {
  return Math.exp(clip(exponent, 0, LARGEST_EXPONENT)) - 1;
}

/**
 * Moves each tracker by what the wait showed of the bounds that were served for it. Judged as served, not as they stand
 * by now: then the misses of a tracker add up to its own movement, and what was shown keeps its promise whatever the waits
 * do and however late they are known (Gibbs and Candes, "Adaptive conformal inference under distribution shift", 2021).
 * Judged by the bounds of the moment, whole bursts of jobs slip past: 82 % covered instead of 90 % on a bursty partition.
 *
 * A job that is labelled long before it starts has waited at least `atLeastSeconds`; a tracker moves then only if that
 * already settles whether its bound was missed. `trackStart` moves the others once it has started.
 */
export function trackWait(
  state: CalibrationState,
  served: WaitBounds,
  waitSeconds: number | null,
  atLeastSeconds: number,
): void {
  const { interval } = state;
  const misses = CALIBRATION.interval;
  const long = waitSeconds ?? atLeastSeconds;
  const known = waitSeconds !== null;
  // A wait that goes on has missed a bound it has passed, and cannot miss a lower one any more; the rest is open.
  if (known || long >= served.lowerSeconds) interval.lo = moved(interval.lo, -1, long < served.lowerSeconds, misses.lo);
  if (known || long > served.upperSeconds) interval.hi = moved(interval.hi, 1, long > served.upperSeconds, misses.hi);
  if (known || long > served.upper90Seconds)
    interval.up = moved(interval.up, 1, long > served.upper90Seconds, misses.up);
}

/** Whether a wait of at least so many seconds leaves open if one of the bounds was missed. */
export function leavesOpen(served: WaitBounds, atLeastSeconds: number): boolean {
  return atLeastSeconds < served.lowerSeconds || atLeastSeconds <= Math.max(served.upperSeconds, served.upper90Seconds);
}

/** Moves the trackers whose bounds `trackWait` had to leave open when the job had waited `atLeastSeconds`. */
export function trackStart(
  { interval }: CalibrationState,
  served: WaitBounds,
  waitSeconds: number,
  atLeastSeconds: number,
): void {
  const misses = CALIBRATION.interval;
  const { lowerSeconds, upperSeconds, upper90Seconds } = served;
  if (atLeastSeconds < lowerSeconds) interval.lo = moved(interval.lo, -1, waitSeconds < lowerSeconds, misses.lo);
  if (atLeastSeconds <= upperSeconds) interval.hi = moved(interval.hi, 1, waitSeconds > upperSeconds, misses.hi);
  if (atLeastSeconds <= upper90Seconds) interval.up = moved(interval.up, 1, waitSeconds > upper90Seconds, misses.up);
}

function moved(tracker: number, away: 1 | -1, missed: boolean, rate: number): number {
  const next = tracker + away * CALIBRATION.interval.step * ((missed ? 1 : 0) - rate);
  return clip(next, -FARTHEST, FARTHEST);
}
