import { sigmoid } from '../calibration/normal.ts';
import { FORECAST } from './numbers.ts';

/** Recursive logistic regression with forgetting, on standardised inputs and an intercept. */
export interface Logistic {
  readonly weights: Float64Array;
  /** Row by row; symmetric. */
  readonly covariance: Float64Array;
  /** Scratch space for `project`: one array per label would cost a quarter of a back-test. Not part of the state. */
  readonly projected: Float64Array;
}

/** An untrained model. @param inputs how many, without the intercept */
export function logistic(inputs: number): Logistic {
  const size = inputs + 1;
  const model = {
    weights: new Float64Array(size),
    covariance: new Float64Array(size * size),
    projected: new Float64Array(size),
  };
  startCovariance(model);
  return model;
}

export function predictedBy({ weights }: Logistic, z: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += (weights[i] ?? 0) * (z[i] ?? 0);
  return sigmoid(sum);
}

/** The most one label can say about a weight, however sure the model was. */
const LEAST_SPREAD = 0.01;

/** P z; valid until the next call for this model. */
export function project(model: Logistic, z: Float64Array): Float64Array {
  const { covariance, projected } = model;
  const size = projected.length;
  for (let i = 0, at = 0; i < size; i++, at += size) {
    let sum = 0;
    for (let j = 0; j < size; j++) sum += (covariance[at + j] ?? 0) * (z[j] ?? 0);
    projected[i] = sum;
  }
  return projected;
}

/** Learns one label from the inputs at the decision and the current weights. Bounding the trace keeps P from blowing up. */
export function learn(model: Logistic, z: Float64Array, y: 0 | 1): void {
  const { weights, covariance } = model;
  const size = weights.length;
  const f = predictedBy(model, z);
  const v = Math.max(f * (1 - f), LEAST_SPREAD);
  let trace = 0;
  for (let i = 0; i < size; i++) trace += covariance[i * size + i] ?? 0;
  trace /= FORECAST.logistic.forgetting;
  const scale = (trace > size ? size / trace : 1) / FORECAST.logistic.forgetting;
  const g = project(model, z);
  let spread = 0;
  for (let i = 0; i < size; i++) {
    const scaled = (g[i] ?? 0) * scale;
    g[i] = scaled;
    spread += scaled * (z[i] ?? 0);
  }
  // Rounding may leave a matrix that is no covariance: keep the weights and restart the uncertainty.
  if (!(spread >= 0 && spread < Number.POSITIVE_INFINITY)) {
    startCovariance(model);
    return;
  }
  const gain = 1 / (1 / v + spread);
  for (let i = 0; i < size; i++) {
    const gi = (g[i] ?? 0) * gain;
    for (let j = i; j < size; j++) {
      const value = (covariance[i * size + j] ?? 0) * scale - gi * (g[j] ?? 0);
      covariance[i * size + j] = value;
      covariance[j * size + i] = value;
    }
  }
  // P z after the update is g minus the part the update removed.
  const step = (1 - spread * gain) * (y - f);
  for (let i = 0; i < size; i++) weights[i] = (weights[i] ?? 0) + (g[i] ?? 0) * step;
}

function startCovariance({ weights: { length: size }, covariance }: Logistic): void {
  covariance.fill(0);
  for (let i = 0; i < size; i++) covariance[i * size + i] = 1;
}
