import type { CalibrationState } from '../../../functions/domain/calibration/state.ts';
import { BuiltIn } from './built-in.ts';
import type { Forecaster, ForecastName } from './forecaster.ts';
import { Mixture } from './mixture.ts';

/** What a forecaster belongs to. */
export interface Serving {
  readonly state: CalibrationState;
  /** Whether the labels of touched jobs are known. */
  readonly seesTouched: boolean;
  /** T. */
  readonly longWaitSeconds: number;
}

export type ForecasterFor = (name: ForecastName, serving: Serving) => Forecaster;

export const forecasterFor: ForecasterFor = (name, { state, ...options }) =>
  name === 'file' ? new Mixture(state, options.seesTouched) : new BuiltIn({ letsVgacIn: name === 'both', ...options });
