import { GATE } from '../thresholds.ts';
import { measuredDrift, nextDrift, severityOf } from './drift.ts';
import { estimateOf, runningSums, scoreOf } from './ece.ts';
import { sumOutcomes } from './rings.ts';
import { CALIBRATION, type CalibrationState } from './state.ts';

/** Labels that an alarm of the calibration detector costs one tier: until the window that raised it has turned over. */
export const CAUTION_LABELS = CALIBRATION.recent;

/** Room to sum up in, written anew by each call: it carries nothing from one cluster to the next. */
const all = runningSums(CALIBRATION.ring);
const newest = runningSums(CALIBRATION.ring);

/** Recomputes ECE and drift where a new label makes it due: every 10 labels, from 50 on. */
export function refreshWhenDue(state: CalibrationState): void {
  if (state.n >= CALIBRATION.minimumLabels && state.n % CALIBRATION.recomputeEvery === 0) refreshEvidence(state);
}

/** Recomputes the ECE of the last 300 and of the whole ring, the drift verdict, and the baseline once it qualifies. */
export function refreshEvidence(state: CalibrationState): void {
  sumOutcomes(state.outcomes, CALIBRATION.recent, all, newest);
  state.recent = estimateOf(newest);
  state.whole = newest.n === all.n ? state.recent : estimateOf(all);

  const score = scoreOf(state.recent.ece);
  if (score !== null && score > GATE.score.autonomous) {
    state.lastGoodEce = state.recent.ece;
    // The first full window that would be trusted alone is what this cluster is later compared with.
    if (state.baselineEce === null && state.recent.n >= CALIBRATION.recent) state.baselineEce = state.recent.ece;
  }
  const measured = measuredDrift(state.recent, state.baselineEce);
  const next = nextDrift({ band: state.drift, clear: state.driftClear }, measured, CALIBRATION.recomputeEvery);
  state.drift = next.band;
  state.driftClear = next.clear;
}

/** Calibration score of the evidence at hand; null while the cluster is learning. */
export function scoreOfState(state: CalibrationState): number | null {
  return state.n < GATE.minimumLabels ? null : scoreOf(state.recent?.ece ?? null);
}

/** Whether VGAC and we should recalibrate: drift by one scope or more, or an alarm of either detector that still counts. */
export function recalibrationNeeded(state: CalibrationState): boolean {
  return severityOf(state.drift) >= severityOf('degrade') || state.caution > 0 || state.modelDrift > 0;
}
