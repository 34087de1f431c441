import { clip, heldLogit, sigmoid } from '../../../functions/domain/calibration/normal.ts';
import { type PlattMap, plattMap, refit, throughPlatt } from '../../../functions/domain/calibration/platt.ts';

const EXPERTS = {
  /** p itself, three Platt maps, the bias. */
  count: 5,
  /** One per exponentially weighted Platt map: memories of about 100, 33 and 10 labels. */
  forgetting: [0.99, 0.97, 0.9],
  /** Fixed share: each label returns 1 % of the weight to all experts, so that the ensemble can change its mind. */
  share: 0.01,
  biasStep: 0.15,
} as const;

/** Recalibrates a given probability when the queue's own forecast does not serve (CALIBRATION.md section 3). */
export interface Experts {
  readonly weights: Float64Array;
  readonly platt: readonly [PlattMap, PlattMap, PlattMap];
  bias: number;
}

export function experts(): Experts {
  const weights = new Float64Array(EXPERTS.count).fill(1 / EXPERTS.count);
  return { weights, platt: [plattMap(), plattMap(), plattMap()], bias: 0 };
}

/** The largest loss charged to an expert: a single label never silences it. */
const FLOOR = 0.001;
const INTERCEPT_LIMIT = 6;

/** One expert's probability: 0 is p itself, 1 to 3 are the Platt maps, 4 is the bias. */
function expert({ platt, bias }: Experts, index: number, p: number, x: number): number {
  if (index === 0) return p;
  const map = platt[index - 1];
  return map === undefined ? sigmoid(bias + x) : throughPlatt(map, x);
}

/** The weighted mean of the experts: the served probability, never exactly 0 or 1. */
export function mixture(experts: Experts, p: number): number {
  const x = heldLogit(p);
  let q = 0;
  for (let i = 0; i < EXPERTS.count; i++) q += (experts.weights[i] ?? 0) * expert(experts, i, p, x);
  return clip(q, 1e-9, 1 - 1e-9);
}

/** Updates weights, maps and bias with one label (CALIBRATION.md section 5). */
export function learn(experts: Experts, p: number, y: 0 | 1): void {
  const x = heldLogit(p);
  reweigh(experts, p, x, y);
  for (let i = 0; i < experts.platt.length; i++) {
    const map = experts.platt[i];
    if (map !== undefined) refit(map, EXPERTS.forgetting[i] ?? 1, x, y);
  }
  const f = sigmoid(experts.bias + x);
  const step = (EXPERTS.biasStep * (y - f)) / Math.sqrt(Math.max(0.05, f * (1 - f)));
  experts.bias = clip(experts.bias + step, -INTERCEPT_LIMIT, INTERCEPT_LIMIT);
}

function reweigh(experts: Experts, p: number, x: number, y: 0 | 1): void {
  const { weights } = experts;
  const { count, share } = EXPERTS;
  let total = 0;
  for (let i = 0; i < count; i++) {
    const q = clip(expert(experts, i, p, x), FLOOR, 1 - FLOOR);
    const weight = (weights[i] ?? 0) * (y === 1 ? q : 1 - q);
    weights[i] = weight;
    total += weight;
  }
  for (let i = 0; i < count; i++) weights[i] = (1 - share) * ((weights[i] ?? 0) / total) + share / count;
}
