import type { ServedPrediction } from '../../schemas/decision.ts';
import type { Scope } from '../../schemas/primitives.ts';
import { GATE } from './thresholds.ts';

/** The sentence that is said in place of a prediction that is withheld. */
export const WITHHELD = 'Prediction unreliable for this environment';
export const STILL_LEARNING = 'This environment is still learning';
export const CANNOT_PREDICT = 'Cannot predict when this job will start';

/**
 * The sentence operators know (DESIGN.md section 6). Minutes are rounded, but never 0; the uncertainty is half the width of
 * the tracked 90 % interval.
 *
 * @param reasonCode code of the first reason, if one held the agent back
 */
export function statementOf(scope: Scope, prediction: ServedPrediction, reasonCode: string | undefined): string {
  if (scope === 'escalate') return reasonCode === 'learning' ? STILL_LEARNING : WITHHELD;
  if (!(prediction.upper90Seconds <= GATE.usefulSeconds)) return CANNOT_PREDICT;
  const wait = minutes(prediction.waitSeconds);
  const unit = wait === 1 ? 'minute' : 'minutes';
  if (scope === 'autonomous') return `Job will start in ${wait} ${unit}`;
  return `~${wait} ${unit} (±${minutes((prediction.upperSeconds - prediction.lowerSeconds) / 2)}m)`;
}

function minutes(seconds: number): number {
  return Math.max(1, Math.round(seconds / 60));
}
