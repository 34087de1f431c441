import { clip } from '../calibration/normal.ts';
import { type Logistic, project } from './logistic.ts';

/**
 * A linear model of log(1 + wait) on the inputs of the forecast. It updates along the covariance of the logistic model beside
 * it, which already knows how the inputs correlate, so it needs no matrix of its own.
 */
export interface WaitModel {
  readonly weights: Float64Array;
}

/** e^25 seconds are 2,000 years. */
const LONGEST = 25;

export function waitModel(inputs: number): WaitModel {
  return { weights: new Float64Array(inputs + 1) };
}

/** The expected wait, in seconds. */
export function expectedWait({ weights }: WaitModel, z: Float64Array): number {
  return Math.expm1(clip(exponent(weights, z), 0, LONGEST));
}

/** @param z inputs at the decision */
export function learnWait({ weights }: WaitModel, beside: Logistic, z: Float64Array, waitSeconds: number): void {
  const size = weights.length;
  const projected = project(beside, z);
  let spread = 0;
  for (let i = 0; i < size; i++) spread += (projected[i] ?? 0) * (z[i] ?? 0);
  const off = Math.log1p(Math.max(0, waitSeconds)) - exponent(weights, z);
  const step = off / (1 + spread);
  if (!Number.isFinite(step)) return;
  for (let i = 0; i < size; i++) weights[i] = (weights[i] ?? 0) + (projected[i] ?? 0) * step;
}

function exponent(weights: Float64Array, z: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += (weights[i] ?? 0) * (z[i] ?? 0);
  return sum;
}
