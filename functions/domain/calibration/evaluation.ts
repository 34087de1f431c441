import { NUMBERS, type Numbers } from '../thresholds.ts';
import { debiasedEceWithin, type Room } from './debiased-ece.ts';
import { bandOf, nextDrift, severityOf } from './drift.ts';
import { scoreOf } from './ece.ts';
import { evaluationRoom } from './evaluation-room.ts';
import { Z95 } from './normal.ts';
import type { OutcomeRing } from './outcome-ring.ts';
import type { ServedSample } from './served-sample.ts';
import { skillBoundWithin } from './skill.ts';
import type { CalibrationState, Evaluation } from './state.ts';
import { divide } from './stretches.ts';

/** Re-evaluates when a label makes it due: every 10 labels, once the ring holds 50. */
export function refreshWhenDue(state: CalibrationState, longWaitSeconds: number): void {
  if (!isDue(state)) return;
  state.evaluation = evaluate(state.outcomes, longWaitSeconds);
  if (state.evaluation !== null) followEvaluation(state, state.evaluation);
}

/**
 * Replaces `refreshWhenDue` in a back-test of rules that look only at the evaluation itself: notes what would be evaluated, since
 * most jobs never ask for the result.
 */
export function noteWhenDue(state: CalibrationState): void {
  if (!isDue(state)) return;
  const { outcomes } = state;
  outcomes.room ??= evaluationRoom(outcomes.q.length);
  outcomes.room.noted = sorted(outcomes, outcomes.room.sample);
}

/** Evaluates what was noted last, unless that is done. */
export function evaluateNoted(state: CalibrationState, longWaitSeconds: number): void {
  const { room } = state.outcomes;
  if (room === null || room.noted === null) return;
  state.evaluation = evaluateSample(room.noted, room.room, longWaitSeconds);
  room.noted = null;
  if (state.evaluation !== null) followEvaluation(state, state.evaluation);
}

function isDue({ n, outcomes, numbers: { calibration, gate } }: CalibrationState): boolean {
  return n % calibration.recomputeEvery === 0 && outcomes.size >= gate.minimumLabels;
}

/** ECE and skill of a ring; null if either is NaN. */
export function evaluate(ring: OutcomeRing, longWaitSeconds: number): Evaluation | null {
  ring.room ??= evaluationRoom(ring.q.length);
  return evaluateSample(sorted(ring, ring.room.sample), ring.room.room, longWaitSeconds);
}

function evaluateSample(sample: ServedSample, room: Room, longWaitSeconds: number): Evaluation | null {
  if (!divide(sample.submittedAt, longWaitSeconds, room.stretches)) return null;
  const ece = debiasedEceWithin(sample, room);
  if (ece === null) return null;
  const skill = skillBoundWithin(sample, room);
  return { ...ece, skilled: skill !== null && skill > 0 };
}

/** Whether the ECE is known well enough to be trusted (CALIBRATION.md section 1). Written so that NaN never is. */
export function isKnown({ n, error }: Pick<Evaluation, 'n' | 'error'>, { gate }: Numbers = NUMBERS): boolean {
  return n >= gate.minimumLabels && Z95 * error <= gate.eceKnown;
}

/** Calibration score of the current evidence; null while the cluster is learning. */
export function scoreOfState({ evaluation, numbers }: CalibrationState): number | null {
  return evaluation === null || !isKnown(evaluation, numbers) ? null : scoreOf(evaluation.ece);
}

/**
 * Whether what is served should be recalibrated: its drift costs at least one scope, or its detector's alarm is still shown. An
 * alarm on raw p concerns only VGAC.
 */
export function recalibrationNeeded({ drift, servedAlarm }: Pick<CalibrationState, 'drift' | 'servedAlarm'>): boolean {
  return severityOf(drift) >= severityOf('degrade') || servedAlarm > 0;
}

/** Updates last good ECE, baseline and drift bands from a new evaluation. */
function followEvaluation(state: CalibrationState, evaluation: Evaluation): void {
  const { numbers } = state;
  const known = isKnown(evaluation, numbers);
  const score = scoreOf(evaluation.ece);
  if (known && score !== null && score > numbers.gate.score.autonomous) state.lastGoodEce = evaluation.ece;
  // The baseline is the ECE at which learning, score, limit and skill first let the lowest tier pass.
  const passes = known && score !== null && score > numbers.gate.score.notify && evaluation.skilled;
  if (state.baselineEce === null && passes && evaluation.ece <= state.tiers[0].numbers.ece) {
    state.baselineEce = evaluation.ece;
  }
  state.driftNow = bandOf(evaluation, state.baselineEce, numbers);
  const announced = { band: state.drift, clear: state.driftClear };
  const next = nextDrift(announced, state.driftNow, numbers.calibration.recomputeEvery, numbers);
  state.drift = next.band;
  state.driftClear = next.clear;
}

/** The ring's labels in ascending order of q. */
function sorted({ q, y, at, order, size }: OutcomeRing, into: ServedSample): ServedSample {
  for (let i = 0; i < size; i++) {
    const slot = order[i] ?? 0;
    into.q[i] = q[slot] ?? 0;
    into.y[i] = y[slot] ?? 0;
    into.submittedAt[i] = at[slot] ?? 0;
  }
  if (size === into.q.length) return into;
  return { q: into.q.subarray(0, size), y: into.y.subarray(0, size), submittedAt: into.submittedAt.subarray(0, size) };
}
