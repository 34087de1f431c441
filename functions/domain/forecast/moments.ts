import { clip } from '../calibration/normal.ts';
import { INPUTS } from './inputs.ts';
import { FORECAST } from './numbers.ts';

/** Running means and variances, which standardise the inputs. */
export interface Moments {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  /** Values seen of each input, starting at 1; unknown ones do not count. */
  readonly n: Float64Array;
}

export function moments(): Moments {
  const { length } = INPUTS;
  return {
    mean: new Float64Array(length),
    variance: new Float64Array(length).fill(1),
    n: new Float64Array(length).fill(1),
  };
}

const FLOOR = 1e-6;

/**
 * Inputs in standard deviations from their means, both with this job included, after a leading 1 for the intercept. An unknown
 * input counts as average.
 */
export function standardise({ mean, variance, n }: Moments, inputs: Float64Array, z: Float64Array): void {
  const { moments: least, farthest } = FORECAST.logistic;
  z[0] = 1;
  for (let i = 0; i < inputs.length; i++) {
    const x = inputs[i] ?? 0;
    const rate = Math.max(1 / ((n[i] ?? 0) + 1), least);
    const before = x - (mean[i] ?? 0);
    const after = before - rate * before;
    const spread = (1 - rate) * (variance[i] ?? 0) + rate * before * after;
    z[i + 1] = Number.isNaN(x) ? 0 : clip(after / Math.sqrt(spread + FLOOR), -farthest, farthest);
  }
}

/** Counts the inputs of a submitted job. */
export function countInputs({ mean, variance, n }: Moments, inputs: Float64Array): void {
  for (let i = 0; i < inputs.length; i++) {
    const x = inputs[i] ?? 0;
    if (Number.isNaN(x)) continue;
    const count = (n[i] ?? 0) + 1;
    const rate = Math.max(1 / count, FORECAST.logistic.moments);
    const before = x - (mean[i] ?? 0);
    n[i] = count;
    mean[i] = (mean[i] ?? 0) + rate * before;
    variance[i] = (1 - rate) * (variance[i] ?? 0) + rate * before * (x - (mean[i] ?? 0));
  }
}
