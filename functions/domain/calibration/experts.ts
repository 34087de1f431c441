import { clip, logit, sigmoid } from './normal.ts';
import { refit, throughPlatt } from './platt.ts';
import { CALIBRATION, type CalibrationState } from './state.ts';

/** What one expert is charged with at worst: a single label never silences it. */
const FLOOR = 0.001;
const INTERCEPT_LIMIT = 6;

/** The scale all experts work on: the logit of p held away from 0 and 1. */
export function scaleOf(p: number): number {
  return logit(clip(p, FLOOR, 1 - FLOOR));
}

/** One expert's probability: 0 is p itself, 1 to 3 are the Platt maps, 4 is the bias. */
function expert(state: CalibrationState, index: number, p: number, x: number): number {
  if (index === 0) return p;
  const map = state.platt[index - 1];
  return map === undefined ? sigmoid(state.bias + x) : throughPlatt(map, x);
}

/** The weighted mean of the experts: the served probability, never exactly 0 or 1. */
export function mixture(state: CalibrationState, p: number): number {
  const x = scaleOf(p);
  let q = 0;
  for (let i = 0; i < CALIBRATION.experts; i++) q += (state.weights[i] ?? 0) * expert(state, i, p, x);
  return clip(q, 1e-9, 1 - 1e-9);
}

/** Teaches weights, maps and bias one label (CALIBRATION.md section 5). */
export function learn(state: CalibrationState, p: number, y: 0 | 1): void {
  const x = scaleOf(p);
  reweigh(state, p, x, y);
  for (let i = 0; i < state.platt.length; i++) {
    const map = state.platt[i];
    if (map !== undefined) refit(map, CALIBRATION.forgetting[i] ?? 1, x, y);
  }
  const f = sigmoid(state.bias + x);
  const step = (CALIBRATION.biasStep * (y - f)) / Math.sqrt(Math.max(0.05, f * (1 - f)));
  state.bias = clip(state.bias + step, -INTERCEPT_LIMIT, INTERCEPT_LIMIT);
}

function reweigh(state: CalibrationState, p: number, x: number, y: 0 | 1): void {
  const { experts, share } = CALIBRATION;
  let total = 0;
  for (let i = 0; i < experts; i++) {
    const q = clip(expert(state, i, p, x), FLOOR, 1 - FLOOR);
    const weight = (state.weights[i] ?? 0) * (y === 1 ? q : 1 - q);
    state.weights[i] = weight;
    total += weight;
  }
  for (let i = 0; i < experts; i++) {
    state.weights[i] = (1 - share) * ((state.weights[i] ?? 0) / total) + share / experts;
  }
}
