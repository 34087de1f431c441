import type { CalibrationState } from '../../../functions/domain/calibration/state.ts';
import { Recalibration } from '../recalibration.ts';
import { BuiltIn } from './built-in.ts';
import type { Forecaster, ForecastName } from './forecaster.ts';
import { Mixture } from './mixture.ts';

/** The stream a forecaster serves. */
export interface Serving {
  readonly state: CalibrationState;
  /** Whether the labels of touched jobs are known. */
  readonly seesTouched: boolean;
  /** Whether the built-in forecast is refitted, as deployed. */
  readonly recalibrates: boolean;
  /** T. */
  readonly longWaitSeconds: number;
}

export type ForecasterFor = (name: ForecastName, serving: Serving) => Forecaster;

export const forecasterFor: ForecasterFor = (name, { state, seesTouched, recalibrates, longWaitSeconds }) => {
  if (name === 'file') return new Mixture(seesTouched);
  const recalibration = recalibrates ? new Recalibration(state, longWaitSeconds) : null;
  return new BuiltIn({ letsVgacIn: name === 'both', seesTouched, longWaitSeconds, recalibration });
};
