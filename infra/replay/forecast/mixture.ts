import { learn, mixture } from '../../../functions/domain/calibration/experts.ts';
import type { CalibrationState } from '../../../functions/domain/calibration/state.ts';
import type { Row } from '../../import/row.ts';
import type { Forecaster, Said } from './forecaster.ts';

/** The five experts on the p of the file, with the wait that the file predicts. */
export class Mixture implements Forecaster {
  readonly recalibration = null;
  readonly aged = 0;
  private readonly state: CalibrationState;
  private readonly seesTouched: boolean;

  /** @param state holds the experts: the fold teaches them the labels of untouched jobs */
  constructor(state: CalibrationState, seesTouched: boolean) {
    this.state = state;
    this.seesTouched = seesTouched;
  }

  serve({ p, predictedWaitSeconds }: Row, into: Said): void {
    const given = !Number.isNaN(p);
    into.by = given ? 'file' : null;
    into.q = given ? mixture(this.state, p) : Number.NaN;
    into.waitSeconds = predictedWaitSeconds;
  }

  decided(): void {}

  label({ p, touched }: { p: number | null; touched: boolean }, longWait: boolean): void {
    if (touched && this.seesTouched && p !== null) learn(this.state, p, longWait ? 1 : 0);
  }
}
