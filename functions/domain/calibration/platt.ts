import { clip, sigmoid } from './normal.ts';

/** One exponentially weighted Platt map, sigmoid(a + b x), with its symmetric 2x2 covariance. */
export interface PlattMap {
  a: number;
  b: number;
  p00: number;
  p01: number;
  p11: number;
}

const INTERCEPT_LIMIT = 6;
const SLOPE = { least: 0.05, most: 3 };

/** The identity map, with high uncertainty. */
export function plattMap(): PlattMap {
  return { a: 0, b: 1, p00: 1, p01: 0, p11: 0.25 };
}

export function throughPlatt(map: PlattMap, x: number): number {
  return sigmoid(map.a + map.b * x);
}

/** One step of exponentially weighted logistic regression; bounding the trace keeps P from blowing up in quiet periods. */
export function refit(map: PlattMap, forgetting: number, x: number, y: 0 | 1): void {
  const trace = (map.p00 + map.p11) / forgetting;
  const scale = (trace > 2 ? 2 / trace : 1) / forgetting;
  const p00 = map.p00 * scale;
  const p01 = map.p01 * scale;
  const p11 = map.p11 * scale;
  const f = sigmoid(map.a + map.b * x);
  const v = Math.max(f * (1 - f), 0.001);
  const g0 = p00 + p01 * x;
  const g1 = p01 + p11 * x;
  const gain = 1 / (1 / v + g0 + g1 * x);
  map.p00 = p00 - g0 * g0 * gain;
  map.p01 = p01 - g0 * g1 * gain;
  map.p11 = p11 - g1 * g1 * gain;
  map.a = clip(map.a + (map.p00 + map.p01 * x) * (y - f), -INTERCEPT_LIMIT, INTERCEPT_LIMIT);
  map.b = clip(map.b + (map.p01 + map.p11 * x) * (y - f), SLOPE.least, SLOPE.most);
}
