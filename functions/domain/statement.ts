import type { ServedPrediction } from '../../schemas/decision.ts';
import type { Scope } from '../../schemas/primitives.ts';
import { GATE } from './thresholds.ts';

/** Said in place of a withheld prediction. */
export const WITHHELD = 'Prediction unreliable for this environment';
export const STILL_LEARNING = 'This environment is still learning';
export const CANNOT_PREDICT = 'Cannot predict when this job will start';

interface Said {
  readonly scope: Scope;
  /** The cluster has too few outcomes yet, which is neutral, unlike being unreliable. */
  readonly learning: boolean;
  readonly prediction: ServedPrediction;
  /** T. */
  readonly longWaitSeconds: number;
}

/**
 * The sentence operators know (DESIGN.md section 6). Minutes are rounded, but never to 0; the uncertainty is half the width of
 * the tracked 90 % interval. When point wait and probability disagree about T, the sentence mentions only T and the bound, so
 * that it never contradicts itself.
 */
export function statementOf({ scope, learning, prediction, longWaitSeconds }: Said): string {
  if (scope === 'escalate') return learning ? STILL_LEARNING : WITHHELD;
  if (!(prediction.upper90Seconds <= GATE.usefulSeconds)) return CANNOT_PREDICT;
  if (contradicts(prediction, longWaitSeconds)) return aboutT(prediction, longWaitSeconds);
  const wait = minutes(prediction.waitSeconds);
  const unit = wait === 1 ? 'minute' : 'minutes';
  if (scope === 'autonomous') return `Job will start in ${wait} ${unit}`;
  return `~${wait} ${unit} (±${minutes((prediction.upperSeconds - prediction.lowerSeconds) / 2)}m)`;
}

/** With q >= .5 no point wait below T is shown, and with q < .5 none above it. */
export function contradicts(
  { q, waitSeconds }: Pick<ServedPrediction, 'q' | 'waitSeconds'>,
  longWaitSeconds: number,
): boolean {
  if (q === null) return false;
  return q >= 0.5 ? waitSeconds < longWaitSeconds : waitSeconds > longWaitSeconds;
}

/** Mentions T and the bound, or only T if the bound is no longer: a wait cannot be longer than five minutes and at most five. */
function aboutT({ q, upper90Seconds }: ServedPrediction, longWaitSeconds: number): string {
  const t = duration(longWaitSeconds);
  const bound = duration(Math.max(upper90Seconds, longWaitSeconds));
  const long = q !== null && q >= 0.5;
  const probably = `Job will probably ${long ? 'wait longer than' : 'start within'} ${t}`;
  if (bound === t) return probably;
  return long ? `${probably}, and at most ${bound} (90 %)` : `${probably}, and within ${bound} at most (90 %)`;
}

/** In the unit a person would use: minutes up to two hours, then hours, then days. */
export function duration(seconds: number): string {
  const wait = minutes(seconds);
  if (wait < 120) return `${wait} ${wait === 1 ? 'minute' : 'minutes'}`;
  const hours = Math.round(wait / 60);
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}

function minutes(seconds: number): number {
  return Math.max(1, Math.round(seconds / 60));
}
