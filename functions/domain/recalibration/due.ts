import { recalibrationNeeded } from '../calibration/evaluation.ts';
import type { CalibrationState } from '../calibration/state.ts';
import { RECALIBRATION } from './numbers.ts';

/** What is known of the maps of a cluster beside its state. */
export interface MapHistory {
  /** The map in force was promoted and is still watched. */
  readonly watched: boolean;
  /** Labels of this epoch at the newest look at its map. */
  readonly lookedAt: number;
  /** Labels of this epoch at the newest attempt to replace its map; null when there was none. */
  readonly triedAt: number | null;
}

/** Whether the map in force has met enough more labels to be looked at again. */
export function isLookDue(state: CalibrationState, { watched, lookedAt }: MapHistory): boolean {
  return watched && state.sinceEpoch - lookedAt >= RECALIBRATION.watch.every;
}

/** Whether another map should be tried: where recalibration is needed, at most once per 100 labels, and not in the first 200 of an epoch. */
export function isFitDue(state: CalibrationState, { triedAt }: MapHistory): boolean {
  if (!recalibrationNeeded(state)) return false;
  if (state.epoch === 0 && state.sinceEpoch < RECALIBRATION.leastLabels) return false;
  // Only a promoted epoch has to show first what it can do.
  if (state.epoch > 0 && state.sinceEpoch < RECALIBRATION.settle) return false;
  return triedAt === null || state.sinceEpoch - triedAt >= RECALIBRATION.every;
}
