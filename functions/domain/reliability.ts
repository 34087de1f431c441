import type { ClusterConfig } from '../../schemas/config.ts';
import type { DriftBand, Reason, Verdict } from '../../schemas/verdict.ts';
import { driftBase } from './calibration/drift.ts';
import { scoreOf } from './calibration/ece.ts';
import { type CalibrationState, isFiniteState } from './calibration/state.ts';
import { earnedTier } from './calibration/tiers.ts';
import { byStrictness, oneLess, strictest } from './scope.ts';
import { GATE } from './thresholds.ts';

export interface ReliabilityInput {
  /** Null when there is none, or the stored one cannot be read. */
  readonly state: CalibrationState | null;
  /** Version of the calibration item: batches folded so far. */
  readonly version: number;
  readonly frozen: boolean;
  /** When the oldest label that is not folded yet was due; null when none waits. */
  readonly staleSince: Date | null;
  readonly config: Pick<ClusterConfig, 'freshnessMinutes'>;
  readonly now: Date;
  /** VGAC's own opinion of its calibration: it can raise drift to "monitor", and never changes a scope. */
  readonly vgacAsksRecalibration?: boolean;
}

const escalate = (code: string, message: string): Reason => ({ code, message, scope: 'escalate' });

/**
 * How far this cluster's predictions may be trusted now, before any job is looked at (DESIGN.md section 3, Reliability).
 * The strictest rule wins; all that applied are reported, strictest first. Without usable evidence score and ECE are
 * null, so that every Choice on them falls to the human path.
 */
export function reliability(input: ReliabilityInput): Verdict {
  const { state } = input;
  if (state === null) {
    const message = 'the calibration state is missing or unreadable; rebuild it from the ledger';
    return blind(input.version, [escalate('unreadable', message), ...switches(input)]);
  }
  if (!isFiniteState(state)) {
    const message = 'the calibration state is not finite; rebuild it from the ledger';
    return blind(input.version, [escalate('notFinite', message), ...switches(input)]);
  }
  const { recent } = state;
  const score = state.n < GATE.minimumLabels ? null : scoreOf(recent?.ece ?? null);
  const reasons = [...switches(input), ...evidenceRules(state, score)];
  reasons.push(...driftRule(state, strictest(reasons.map((reason) => reason.scope))));
  const drift: DriftBand = state.drift === 'none' && input.vgacAsksRecalibration ? 'monitor' : state.drift;
  return {
    score,
    scope: strictest(reasons.map((reason) => reason.scope)),
    ece: recent?.ece ?? null,
    eceLower: recent?.lower ?? null,
    eceUpper: recent?.upper ?? null,
    nullMean: recent?.nullMean ?? null,
    n: recent?.n ?? state.n,
    hold: state.hold,
    epoch: state.epoch,
    version: input.version,
    drift,
    earnedTier: earnedTier(state),
    reasons: byStrictness(reasons),
  };
}

/** In place of a verdict that could not be given: it lets nothing act, and says so. */
export function unknownVerdict(state: CalibrationState | null): Verdict {
  const reason = escalate('noVerdict', 'the reliability of this cluster could not be determined');
  return { ...blind(state?.version ?? 0, [reason]), epoch: state?.epoch ?? 0 };
}

function blind(version: number, reasons: Reason[]): Verdict {
  const nothing = { score: null, ece: null, eceLower: null, eceUpper: null, nullMean: null };
  const zero = { n: 0, hold: 0, epoch: 0, earnedTier: 0 };
  return { ...nothing, ...zero, scope: 'escalate', version, drift: 'none', reasons };
}

/** What overrides any evidence: it is too old, or someone pulled the brake. */
function switches({ staleSince, frozen, config, now }: ReliabilityInput): Reason[] {
  const reasons: Reason[] = [];
  if (staleSince !== null) {
    const minutes = (now.getTime() - staleSince.getTime()) / 60_000;
    // Written so that a date that is none counts as stale.
    if (!(minutes <= config.freshnessMinutes)) {
      const waited = Number.isFinite(minutes) ? `${Math.floor(minutes)} minutes` : 'an unknown time';
      const limit = `at most ${config.freshnessMinutes} minutes`;
      reasons.push(escalate('stale', `a label has waited ${waited} to be folded; ${limit} keep the evidence fresh`));
    }
  }
  if (frozen) reasons.push(escalate('frozen', 'this cluster is frozen until an operator lifts the freeze'));
  return reasons;
}

function evidenceRules(state: CalibrationState, score: number | null): Reason[] {
  const reasons: Reason[] = [];
  const missing = GATE.minimumLabels - state.n;
  if (missing > 0) {
    const of = `${state.n} of ${GATE.minimumLabels}`;
    reasons.push(escalate('learning', `still learning: needs ${labels(missing)} (${of})`));
  } else if (score === null) {
    reasons.push(escalate('notFinite', 'there is no finite ECE for this epoch'));
  }
  if (state.hold > 0) reasons.push(escalate('probation', `on probation: needs ${labels(state.hold)}`));
  if (score !== null) reasons.push(...scoreRule(state, score));
  const promoted = GATE.promotedLabels - state.sinceEpoch;
  if (state.epoch > 0 && promoted > 0) {
    const message = `promoted map: needs ${labels(promoted)} before it acts without telling anyone`;
    reasons.push({ code: 'promoted', message, scope: 'notify' });
  }
  return reasons;
}

function scoreRule(state: CalibrationState, score: number): Reason[] {
  if (score > GATE.score.autonomous) return [];
  const scope = score > GATE.score.notify ? 'notify' : 'escalate';
  const needed = scope === 'notify' ? GATE.score.autonomous : GATE.score.notify;
  const shown = `calibration score ${score.toFixed(3)} (ECE ${(state.recent?.ece ?? 0).toFixed(3)}, n ${state.recent?.n ?? 0})`;
  return [{ code: 'score', message: `${shown} has to be above ${needed.toFixed(2)}`, scope }];
}

function driftRule(state: CalibrationState, scope: Verdict['scope']): Reason[] {
  if (state.drift !== 'degrade' && state.drift !== 'escalate') return [];
  const limit = driftBase(state.baselineEce) * (state.drift === 'escalate' ? GATE.drift.escalate : GATE.drift.degrade);
  const lower = (state.recent?.lower ?? 0).toFixed(3);
  const message = `drift: the lower bound of ECE (${lower}) has to stay at or below ${limit.toFixed(3)} for ${labels(GATE.drift.clear - state.driftClear)}`;
  return [{ code: 'drift', message, scope: state.drift === 'escalate' ? 'escalate' : oneLess(scope) }];
}

function labels(count: number): string {
  return count === 1 ? '1 more label' : `${count} more labels`;
}
