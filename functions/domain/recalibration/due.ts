import { recalibrationNeeded } from '../calibration/evaluation.ts';
import type { CalibrationState } from '../calibration/state.ts';

/** What is known of the refits of a cluster beside its state. */
export interface RefitHistory {
  /** What is in force is a refit that is still watched. */
  readonly watched: boolean;
  /** Labels of this epoch at the newest look at it. */
  readonly lookedAt: number;
  /** Labels of this epoch at the newest attempt at another; null when there was none. */
  readonly triedAt: number | null;
}

type Epoch = Pick<CalibrationState, 'numbers' | 'epoch' | 'sinceEpoch' | 'n' | 'drift' | 'servedAlarm'>;

/** Whether the refit in force has met enough more labels to be looked at again. */
export function isLookDue({ sinceEpoch, numbers }: Epoch, { watched, lookedAt }: RefitHistory): boolean {
  return watched && sinceEpoch - lookedAt >= numbers.recalibration.watch.every;
}

/** Whether a refit should be tried: where recalibration is needed, on labels that have proven none before, and not while one is watched. */
export function isFitDue(state: Epoch, { watched, triedAt }: RefitHistory): boolean {
  const { epoch, sinceEpoch } = state;
  const { leastLabels, settle } = state.numbers.recalibration;
  // A machine that ran for this in between would also look at what is watched, out of turn.
  if (watched) return false;
  const proving = labelsThatProve(state);
  if (!recalibrationNeeded(state) || proving < leastLabels) return false;
  // Only a promoted epoch has to show first what it can do.
  if (epoch > 0 && sinceEpoch < settle) return false;
  // Attempts on jobs that have already decided one would sooner or later find a gain in noise.
  return triedAt === null || sinceEpoch - triedAt >= proving;
}

/** How many labels are in the newer part, which proves. */
function labelsThatProve({ n, numbers }: Epoch): number {
  const { window, fitted } = numbers.recalibration;
  const rounds = Math.min(n, window);
  return rounds - Math.floor(rounds * fitted);
}
