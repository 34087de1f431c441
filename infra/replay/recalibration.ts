import { beginEpoch } from '../../functions/domain/calibration/epoch.ts';
import type { CalibrationState } from '../../functions/domain/calibration/state.ts';
import { type Labelled, labelledOf } from '../../functions/domain/recalibration/labelled.ts';
import { RECALIBRATION } from '../../functions/domain/recalibration/numbers.ts';
import { isStepDue, NO_MEMORY, recalibrationStep } from '../../functions/domain/recalibration/step.ts';
import type { LedgerEntry } from '../../schemas/items/ledger.ts';

/** A stream may be longer than anyone reads. */
const KEPT = 1000;

/** Another map went in force after so many jobs. */
export interface Epoch {
  readonly afterJobs: number;
  readonly cause: 'promoted' | 'rolledBack';
}

/** The recalibration machine, coming by after every label instead of every few minutes. */
export class Recalibration {
  promoted = 0;
  rolledBack = 0;
  /** The first changes of the map. */
  readonly epochs: Epoch[] = [];
  private readonly labels: Labelled[] = [];
  private memory = NO_MEMORY;

  /** @param afterJobs jobs seen by now */
  label(state: CalibrationState, entry: LedgerEntry, afterJobs: number): void {
    const label = labelledOf(entry);
    if (label === null) return;
    this.labels.push(label);
    // Let go in large pieces: taking the first of a long list away one by one moves all the others each time.
    if (this.labels.length >= 2 * RECALIBRATION.window) this.labels.splice(0, RECALIBRATION.window);
    if (!isStepDue(state, this.memory)) return;
    const { change, memory } = recalibrationStep(state, this.labels.slice(-RECALIBRATION.window), this.memory);
    this.memory = memory;
    if (change === null) return;
    beginEpoch(state, change);
    if (change.cause === 'promoted') this.promoted += 1;
    else this.rolledBack += 1;
    if (this.epochs.length < KEPT) this.epochs.push({ afterJobs, cause: change.cause });
  }
}
