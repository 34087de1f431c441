import type { DriftBand } from '../../../schemas/verdict.ts';
import { NUMBERS, type Numbers } from '../thresholds.ts';
import type { TierRules } from '../tier-numbers.ts';
import { type EvidenceDays, evidenceDays } from './evidence-days.ts';
import { type EvidenceRing, evidenceRing } from './evidence-ring.ts';
import { type OutcomeRing, outcomeRing } from './outcome-ring.ts';
import { type RawShift, rawShift } from './psi.ts';

/** What one tier has earned and done since its tokens started. Tokens and weights are in ten-thousandths of a token. */
export interface TierState {
  /** The numbers it runs on; changing them restarts it. */
  numbers: TierStart;
  /** How often it has restarted: reservations from before a restart do not move the current tokens. */
  era: number;
  tokens: number;
  /** Settled acts by weight: what the wrong ones cost, and what the right ones weighed. */
  wrongWeight: number;
  rightWeight: number;
  /** Settled acts by count: executed statements, and for interventions the hold-outs and the undone ones. */
  right: number;
  wrong: number;
  heldRight: number;
  heldWrong: number;
  undone: number;
  /** Executed and settled interventions; whether they were right cannot be observed. */
  touched: number;
  paperRight: number;
  paperWrong: number;
  evidence: EvidenceRing;
  /** The days of all labels offered to the ring, which on a busy cluster spans an hour. */
  days: EvidenceDays;
}

/** The numbers of a tier that restart it when they change. */
export type TierStart = Pick<TierRules, 'eps' | 'ece' | 'promise' | 'start'>;

/** ECE and skill as last computed; valid until the next evaluation. */
export interface Evaluation {
  /** Labels in the ring. */
  readonly n: number;
  readonly ece: number;
  /** Standard error of the ECE. */
  readonly error: number;
  readonly lower: number;
  readonly upper: number;
  readonly nullMean: number;
  readonly skilled: boolean;
}

/** Everything learned from the outcomes of one cluster (CALIBRATION.md section 2). Times in seconds. */
export interface CalibrationState {
  /** The numbers it is folded and judged by; not stored. */
  readonly numbers: Numbers;
  /** e-CUSUM of calibration, on served q and on raw p. */
  readonly served: Float64Array;
  readonly raw: Float64Array;
  readonly tiers: readonly [TierState, TierState, TierState, TierState];
  readonly outcomes: OutcomeRing;
  readonly shift: RawShift;
  readonly interval: { lo: number; hi: number; up: number };
  /** Untouched labels, before sampling. */
  n: number;
  /** Labels since the epoch began. */
  sinceEpoch: number;
  /** Latest labelAt; null before the first. */
  lastTime: number | null;
  readonly alarms: { served: number; raw: number };
  /** Labels for which the last alarm of each detector is still shown. */
  servedAlarm: number;
  rawAlarm: number;
  epoch: number;
  version: number;
  evaluation: Evaluation | null;
  /** ECE when the cluster first qualified for tier 1; drift is measured against it. */
  baselineEce: number | null;
  lastGoodEce: number | null;
  /** The band the lower bound supports now, and the announced one, which lags behind. */
  driftNow: DriftBand;
  drift: DriftBand;
  /** Labels since the evidence last supported the announced band. */
  driftClear: number;
}

/** An unknown cluster with its initial tokens. */
export function initialState(rules: readonly TierRules[], numbers: Numbers = NUMBERS): CalibrationState {
  const tier = (i: number): TierState => startedTier(startOf(rules[i]), 0);
  return {
    numbers,
    served: new Float64Array(13),
    raw: new Float64Array(13),
    tiers: [tier(0), tier(1), tier(2), tier(3)],
    outcomes: outcomeRing(),
    shift: rawShift(),
    interval: { lo: -2, hi: 3, up: 2.5 },
    n: 0,
    sinceEpoch: 0,
    lastTime: null,
    alarms: { served: 0, raw: 0 },
    servedAlarm: 0,
    rawAlarm: 0,
    epoch: 0,
    version: 0,
    evaluation: null,
    baselineEce: null,
    lastGoodEce: null,
    driftNow: 'none',
    drift: 'none',
    driftClear: 0,
  };
}

/** A tier with its initial tokens. */
export function startedTier(numbers: TierStart, era: number): TierState {
  const nothing = { wrongWeight: 0, rightWeight: 0, right: 0, wrong: 0, heldRight: 0, heldWrong: 0 };
  const counts = { ...nothing, undone: 0, touched: 0, paperRight: 0, paperWrong: 0 };
  return { numbers, era, tokens: numbers.start, ...counts, evidence: evidenceRing(), days: evidenceDays() };
}

/** The numbers a tier starts with. @throws RangeError for an unknown tier */
export function startOf(rules: TierRules | undefined): TierStart {
  if (rules === undefined) throw new RangeError('there are four tiers');
  const { eps, ece, promise, start } = rules;
  return { eps, ece, promise, start };
}

/** Whether all numbers are finite: nothing ever acts on a state that is not. */
export function isFiniteState(state: CalibrationState): boolean {
  const { interval, evaluation } = state;
  // The sum is finite only if every number is; none here is large enough to overflow.
  let sum = state.n + interval.lo + interval.hi + interval.up;
  for (const tier of state.tiers) sum += tier.tokens + tier.wrongWeight + tier.rightWeight;
  if (evaluation !== null) sum += evaluation.ece + evaluation.error + evaluation.nullMean;
  return Number.isFinite(sum + total(state.served) + total(state.raw));
}

function total(vector: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += vector[i] ?? 0;
  return sum;
}
