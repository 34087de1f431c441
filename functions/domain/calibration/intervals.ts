import type { LedgerWait } from '../../../schemas/items/ledger.ts';
import { clip } from './normal.ts';
import type { CalibrationState } from './state.ts';

/** How far a tracker may go: it can owe many misses at once, because long waits become known late. */
const FARTHEST = 56;
/** e^80 seconds: fits a double and every place that stores one, and is never shown to people. */
const LARGEST_EXPONENT = 80;

export interface WaitBounds {
  readonly lowerSeconds: number;
  readonly upperSeconds: number;
  readonly upper90Seconds: number;
}

/** How long a job is known to have waited as of one line and the next, and whether it started then. */
export type Waited = Pick<LedgerWait, 'fromSeconds' | 'toSeconds' | 'started'>;

/** Bounds on the wait around a predicted point wait, in seconds: e^(m + tracker) - 1 with m = log(1 + predicted). */
export function boundsAround(state: CalibrationState, predictedSeconds: number): WaitBounds {
  const bounds = { lowerSeconds: 0, upperSeconds: 0, upper90Seconds: 0 };
  putBoundsAround(state, predictedSeconds, bounds);
  return bounds;
}

/** Like `boundsAround`, but writes into an existing object. */
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

/** Before anything is known of a wait. */
export const NOT_YET = -1;

/**
 * Moves each tracker by what this stretch of the wait shows about the bound served for it. Bounds are judged as served, not as
 * they are now: then a tracker's misses add up to its own movement, and the bounds shown keep their coverage whatever the
 * waits do (Gibbs and Candes, "Adaptive conformal inference under distribution shift", 2021).
 *
 * An upper bound is missed as soon as it elapses without a start, not when the job starts days later; a lower bound holds as
 * soon as it elapses.
 */
export function trackWait({ interval, numbers }: CalibrationState, served: WaitBounds, waited: Waited): void {
  const rates = numbers.calibration.interval;
  const lo = lowerShows(served.lowerSeconds, waited);
  const hi = upperShows(served.upperSeconds, waited);
  const up = upperShows(served.upper90Seconds, waited);
  if (lo !== null) interval.lo = moved(interval.lo, -rates.step, lo, rates.lo);
  if (hi !== null) interval.hi = moved(interval.hi, rates.step, hi, rates.hi);
  if (up !== null) interval.up = moved(interval.up, rates.step, up, rates.up);
}

/** Whether an upper bound was missed in this stretch; null if the stretch shows nothing, or it was settled before. */
function upperShows(bound: number, { fromSeconds, toSeconds, started }: Waited): boolean | null {
  if (fromSeconds !== NOT_YET && fromSeconds >= bound) return null;
  if (started) return toSeconds > bound;
  return toSeconds >= bound ? true : null;
}

function lowerShows(bound: number, { fromSeconds, toSeconds, started }: Waited): boolean | null {
  if (fromSeconds !== NOT_YET && fromSeconds >= bound) return null;
  if (toSeconds >= bound) return false;
  return started ? true : null;
}

/**
 * When an ongoing wait next shows something, in seconds from the submission: the next bound that has not elapsed; null when
 * none is left.
 */
export function nextElapse(served: WaitBounds, toSeconds: number): number | null {
  const open = [served.lowerSeconds, served.upperSeconds, served.upper90Seconds].filter((bound) => bound > toSeconds);
  return open.length === 0 ? null : Math.min(...open);
}

/** @param step how far, and in which direction, a miss moves it */
function moved(tracker: number, step: number, missed: boolean, rate: number): number {
  const next = tracker + step * ((missed ? 1 : 0) - rate);
  return clip(next, -FARTHEST, FARTHEST);
}
