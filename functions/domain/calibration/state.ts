import type { ClusterConfig } from '../../../schemas/config.ts';
import type { Kind } from '../../../schemas/primitives.ts';
import type { DriftBand } from '../../../schemas/verdict.ts';
import type { EceEstimate } from './ece.ts';
import type { IsotonicMap } from './map.ts';
import { type BitRing, bitRing, type OutcomeRing, outcomeRing } from './rings.ts';

export type Budgets = ClusterConfig['budgets'];

/** Numbers of CALIBRATION.md sections 2 to 5 that more than one file needs. */
export const CALIBRATION = {
  experts: 5,
  /** One per exponentially weighted Platt map: memories of about 100, 33 and 10 labels. */
  forgetting: [0.99, 0.97, 0.9],
  /** Probation: labels to see after the start, and after a harm alarm, before anything acts. */
  hold: 100,
  ring: 1000,
  harmRing: 50,
  /** Labels that the score looks back on, and how often it is recomputed. */
  recent: 300,
  recomputeEvery: 10,
  /** Below 50 labels an ECE is mostly noise, so none is given. */
  minimumLabels: 50,
  /** An untouched job with at least this q would have been a candidate for an intervention. */
  interventionQ: 0.7,
  /** Fixed share: each label returns 1 % of the weight to all experts, so that the ensemble can change its mind. */
  share: 0.01,
  biasStep: 0.15,
  /** The risk that a statement may take, and how one label moves it. */
  tau: {
    start: 0.2,
    step: 0.05,
    target: 0.05,
    most: 0.5,
    afterAlarm: 0.1,
    /** However small tau gets, near-certain jobs go on teaching it, or it could never rise again. */
    leastWatched: 0.03,
  },
  /** What a benign statement, or a right label of an untouched candidate, earns back. */
  credit: 0.05,
  detectors: {
    /** A mean of 1000 is false less than once in a thousand while the null hypothesis holds (Ville's inequality). */
    alarm: 1000,
    modelAlarm: 2500,
    harmNull: 0.08,
    /** A gap of calibration this small is nobody's alarm. */
    tolerance: 0.02,
  },
  /** How far a missed bound moves, and the share of waits that each tracker lets by: 5 % on either side, 10 % above. */
  interval: { step: 0.2, lo: 0.05, hi: 0.05, up: 0.1 },
} as const;

/** One exponentially weighted Platt map, sigmoid(a + b x), with its symmetric 2x2 covariance. */
export interface PlattMap {
  a: number;
  b: number;
  p00: number;
  p01: number;
  p11: number;
}

/** Everything that the outcomes of one cluster have taught us (CALIBRATION.md section 2). Times in seconds. */
export interface CalibrationState {
  readonly weights: Float64Array;
  readonly platt: readonly [PlattMap, PlattMap, PlattMap];
  bias: number;
  tau: number;
  /** e-CUSUM of harm, and of calibration on served q and on raw p. */
  readonly harm: Float64Array;
  readonly served: Float64Array;
  readonly raw: Float64Array;
  hold: number;
  readonly harms: Readonly<Record<Kind, BitRing>>;
  readonly outcomes: OutcomeRing;
  readonly tokens: Record<Kind, number>;
  readonly interval: { lo: number; hi: number; up: number };
  /** Labels in this epoch, the proof slice of a promoted map included. */
  n: number;
  /** Labels folded since the epoch began. */
  sinceEpoch: number;
  /** Latest labelAt; null before the first. Tokens are refilled up to here. */
  lastTime: number | null;
  readonly alarms: { harm: number; served: number; raw: number };
  /** Labels for which an alarm of calibration still costs one tier. */
  caution: number;
  /** Labels for which an alarm on raw p still says that VGAC's model has drifted. */
  modelDrift: number;
  epoch: number;
  /** The promoted map of this epoch; null serves p itself. */
  map: IsotonicMap | null;
  version: number;
  /** ECE of the last 300 labels, and of the whole ring; null while there is too little. */
  recent: EceEstimate | null;
  whole: EceEstimate | null;
  /** ECE when the cluster first qualified: what its drift is measured against. */
  baselineEce: number | null;
  lastGoodEce: number | null;
  drift: DriftBand;
  /** Labels since the evidence last supported the drift band in force. */
  driftClear: number;
}

const DEFAULT_TOKENS: Readonly<Record<Kind, number>> = { statement: 10, intervention: 3 };

/** A cluster that nothing is known about: on probation, with its first tokens. */
export function initialState(budgets?: Budgets): CalibrationState {
  const platt = (): PlattMap => ({ a: 0, b: 1, p00: 1, p01: 0, p11: 0.25 });
  return {
    weights: new Float64Array(CALIBRATION.experts).fill(1 / CALIBRATION.experts),
    platt: [platt(), platt(), platt()],
    bias: 0,
    tau: CALIBRATION.tau.start,
    harm: new Float64Array(3),
    served: new Float64Array(13),
    raw: new Float64Array(13),
    hold: CALIBRATION.hold,
    harms: { statement: bitRing(CALIBRATION.harmRing), intervention: bitRing(CALIBRATION.harmRing) },
    outcomes: outcomeRing(CALIBRATION.ring),
    tokens: {
      statement: budgets?.statement.tokens ?? DEFAULT_TOKENS.statement,
      intervention: budgets?.intervention.tokens ?? DEFAULT_TOKENS.intervention,
    },
    interval: { lo: -2, hi: 3, up: 2.5 },
    n: 0,
    sinceEpoch: 0,
    lastTime: null,
    alarms: { harm: 0, served: 0, raw: 0 },
    caution: 0,
    modelDrift: 0,
    epoch: 0,
    map: null,
    version: 0,
    recent: null,
    whole: null,
    baselineEce: null,
    lastGoodEce: null,
    drift: 'none',
    driftClear: 0,
  };
}

/** Whether every number that must be one is one: a state that is not finite never lets anything act. */
export function isFiniteState(state: CalibrationState): boolean {
  const { tokens, interval } = state;
  // The sum of numbers is finite only if each of them is; none here is large enough to overflow.
  let sum = state.bias + state.tau + state.hold + state.n + tokens.statement + tokens.intervention;
  sum += interval.lo + interval.hi + interval.up;
  for (let i = 0; i < state.platt.length; i++) {
    const map = state.platt[i];
    if (map !== undefined) sum += map.a + map.b + map.p00 + map.p01 + map.p11;
  }
  sum += sumOfEstimate(state.recent) + sumOfEstimate(state.whole);
  return Number.isFinite(sum + total(state.weights) + total(state.harm) + total(state.served) + total(state.raw));
}

function sumOfEstimate(estimate: EceEstimate | null): number {
  return estimate === null ? 0 : estimate.ece + estimate.lower + estimate.upper + estimate.nullMean;
}

function total(vector: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += vector[i] ?? 0;
  return sum;
}
