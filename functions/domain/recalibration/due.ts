import { recalibrationNeeded } from '../calibration/evaluation.ts';
import type { CalibrationState } from '../calibration/state.ts';

/** What is known of a cluster's refits besides its state. */
export interface RefitHistory {
  /** The models in force are a refit that is still watched. */
  readonly watched: boolean;
  /** Labels of this epoch at the latest check of it. */
  readonly lookedAt: number;
  /** Labels of this epoch at the latest attempt at another refit; null if there was none. */
  readonly triedAt: number | null;
}

type Epoch = Pick<CalibrationState, 'numbers' | 'epoch' | 'sinceEpoch' | 'n' | 'drift' | 'servedAlarm'>;

/** Whether the refit in force has enough new labels for another check. */
export function isLookDue({ sinceEpoch, numbers }: Epoch, { watched, lookedAt }: RefitHistory): boolean {
  return watched && sinceEpoch - lookedAt >= numbers.recalibration.watch.every;
}

/** Whether to try a refit: when recalibration is needed, on labels not used as proof before, and while none is watched. */
export function isFitDue(state: Epoch, { watched, triedAt }: RefitHistory): boolean {
  const { epoch, sinceEpoch } = state;
  const { leastLabels, settle } = state.numbers.recalibration;
  // Running the machine for this in between would also check the watched refit out of turn.
  if (watched) return false;
  const proving = labelsThatProve(state);
  if (!recalibrationNeeded(state) || proving < leastLabels) return false;
  // Only a promoted epoch must prove itself first.
  if (epoch > 0 && sinceEpoch < settle) return false;
  // Repeated attempts on jobs that already decided one would sooner or later find a gain in noise.
  return triedAt === null || sinceEpoch - triedAt >= proving;
}

/** The number of labels in the newer part, which serves as proof. */
function labelsThatProve({ n, numbers }: Epoch): number {
  const { window, fitted } = numbers.recalibration;
  const rounds = Math.min(n, window);
  return rounds - Math.floor(rounds * fitted);
}
