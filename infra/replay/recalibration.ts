import { beginEpoch } from '../../functions/domain/calibration/epoch.ts';
import type { CalibrationState } from '../../functions/domain/calibration/state.ts';
import type { Forecast } from '../../functions/domain/forecast/forecast.ts';
import type { ForecastState } from '../../functions/domain/forecast/state.ts';
import { isStepDue, NO_MEMORY, recalibrationStep } from '../../functions/domain/recalibration/step.ts';
import { NewestRounds } from './newest-rounds.ts';

/** Upper limit for the list, since streams may be very long. */
const KEPT = 1000;

/** A refit took effect or was rolled back, after this many jobs. */
export interface Epoch {
  readonly afterJobs: number;
  readonly cause: 'promoted' | 'rolledBack';
}

/** The recalibration machine, run after every label instead of every few minutes. */
export class Recalibration {
  promoted = 0;
  rolledBack = 0;
  /** Refits that were tried and rejected. */
  rejected = 0;
  /** The first changes. */
  readonly epochs: Epoch[] = [];
  private readonly state: CalibrationState;
  private readonly longWaitSeconds: number;
  private readonly rounds: NewestRounds;
  private memory = NO_MEMORY;
  private beganAt = 0;
  private jobs = 0;

  /** @param longWaitSeconds T of the cluster */
  constructor(state: CalibrationState, longWaitSeconds: number) {
    this.state = state;
    this.longWaitSeconds = longWaitSeconds;
    this.rounds = new NewestRounds(state.numbers.recalibration.window);
  }

  /** @returns the number of the round */
  submitted(submittedAt: number, forecast: Forecast): number {
    this.jobs += 1;
    return this.rounds.submitted(submittedAt, forecast);
  }

  started(round: number, waitSeconds: number): void {
    this.rounds.started(round, waitSeconds);
  }

  labelled(round: number, y: 0 | 1): void {
    this.rounds.labelled(round, y);
  }

  /** Does what is due, as the fold would apply it. */
  step(forecast: ForecastState): void {
    const { state, memory, rounds } = this;
    if (!isStepDue(state, memory)) return;
    const facts = { newest: () => rounds.since(0), sinceEpoch: () => rounds.since(this.beganAt) };
    const cluster = { state, inForce: forecast.learned, facts };
    const { change, memory: next } = recalibrationStep(cluster, memory, this.longWaitSeconds);
    if (change === null && next.triedAt !== memory.triedAt) this.rejected += 1;
    this.memory = next;
    if (change === null) return;
    forecast.learned = change.learned;
    beginEpoch(state, state.epoch + 1);
    this.beganAt = rounds.place;
    if (change.cause === 'promoted') this.promoted += 1;
    else this.rolledBack += 1;
    if (this.epochs.length < KEPT) this.epochs.push({ afterJobs: this.jobs, cause: change.cause });
  }
}
