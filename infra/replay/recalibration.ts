import { beginEpoch } from '../../functions/domain/calibration/epoch.ts';
import type { CalibrationState } from '../../functions/domain/calibration/state.ts';
import { type Labelled, labelledOf } from '../../functions/domain/recalibration/labelled.ts';
import { RECALIBRATION } from '../../functions/domain/recalibration/numbers.ts';
import { isStepDue, NO_MEMORY, recalibrationStep } from '../../functions/domain/recalibration/step.ts';
import type { LedgerEntry } from '../../schemas/items/ledger.ts';

/** A stream may be longer than anyone reads. */
const KEPT = 1000;

/** Another map joined the experts, or one left, after so many jobs. */
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
  private readonly labels = new Newest(RECALIBRATION.window);
  private readonly longWaitSeconds: number;
  private memory = NO_MEMORY;

  /** @param longWaitSeconds T of the cluster */
  constructor(longWaitSeconds: number) {
    this.longWaitSeconds = longWaitSeconds;
  }

  /** @param afterJobs jobs seen by now */
  label(state: CalibrationState, entry: LedgerEntry, afterJobs: number): void {
    const label = labelledOf(entry);
    if (label === null) return;
    this.labels.add(label);
    if (!isStepDue(state, this.memory)) return;
    const { change, memory } = recalibrationStep(state, this.labels.inOrder(), this.memory, this.longWaitSeconds);
    this.memory = memory;
    if (change === null) return;
    beginEpoch(state, change);
    if (change.cause === 'promoted') this.promoted += 1;
    else this.rolledBack += 1;
    if (this.epochs.length < KEPT) this.epochs.push({ afterJobs, cause: change.cause });
  }
}

const FIELDS = 4;

/** The newest labels as plain numbers: objects that live for a thousand jobs each would fill the heap of a long stream. */
class Newest {
  private readonly numbers: Float64Array;
  private added = 0;

  private readonly most: number;

  constructor(most: number) {
    this.most = most;
    this.numbers = new Float64Array(most * FIELDS);
  }

  add({ p, y, submittedAt, labelAt }: Labelled): void {
    const { numbers } = this;
    const at = (this.added % this.most) * FIELDS;
    numbers[at] = p;
    numbers[at + 1] = y;
    numbers[at + 2] = submittedAt;
    numbers[at + 3] = labelAt;
    this.added += 1;
  }

  inOrder(): Labelled[] {
    const { added, most } = this;
    const kept = Math.min(added, most);
    return Array.from({ length: kept }, (_, i) => {
      const at = ((added - kept + i) % most) * FIELDS;
      const [p = 0, y = 0, submittedAt = 0, labelAt = 0] = this.numbers.subarray(at, at + FIELDS);
      return { p, y: y === 1 ? 1 : 0, submittedAt, labelAt };
    });
  }
}
