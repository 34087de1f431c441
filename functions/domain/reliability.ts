import type { ClusterConfig } from '../../schemas/config.ts';
import type { DriftBand, Reason, Verdict } from '../../schemas/verdict.ts';
import { scoreOfState } from './calibration/evaluation.ts';
import { type CalibrationState, isFiniteState } from './calibration/state.ts';
import { REBUILD } from './command.ts';
import { EVIDENCE, type EvidenceFacts, SWITCHES, type SwitchFacts } from './reliability-rules.ts';
import { reasonsOf, type ScopeRule } from './rule.ts';
import { byStrictness, strictest } from './scope.ts';
import { type EarningConfig, earnedTier } from './tiers.ts';

export interface ReliabilityInput {
  /** Null when it is missing or unreadable. */
  readonly state: CalibrationState | null;
  /** Version of the calibration item: batches folded so far. */
  readonly version: number;
  readonly frozen: boolean;
  /** When the oldest unfolded label was due; null when none waits. */
  readonly staleSince: Date | null;
  readonly config: Pick<ClusterConfig, 'freshnessMinutes' | keyof EarningConfig>;
  readonly now: Date;
  /** VGAC's opinion of its own calibration: it can raise drift to "monitor", but never changes a scope. */
  readonly vgacAsksRecalibration?: boolean;
}

/** Switches first: they outweigh any evidence. */
const RULES: readonly ScopeRule<SwitchFacts & EvidenceFacts>[] = [...SWITCHES, ...EVIDENCE];

const escalate = (code: string, message: string): Reason => ({ code, message, scope: 'escalate' });

/**
 * How far this cluster's predictions may be trusted now, before any job is looked at (DESIGN.md section 3, Reliability).
 * The strictest rule wins; all that apply are reported, strictest first. Without usable evidence, score and ECE are null, so
 * that every Choice on them takes the human path.
 */
export function reliability(input: ReliabilityInput): Verdict {
  const { state } = input;
  if (state === null) {
    const message = `the calibration state is missing or unreadable; rebuild it: ${REBUILD}`;
    return blind(input.version, [escalate('unreadable', message), ...reasonsOf(SWITCHES, input)]);
  }
  if (!isFiniteState(state)) {
    const message = `the calibration state is not finite; rebuild it: ${REBUILD}`;
    return blind(input.version, [escalate('notFinite', message), ...reasonsOf(SWITCHES, input)]);
  }
  const { evaluation } = state;
  const score = scoreOfState(state);
  const reasons = reasonsOf(RULES, { ...input, state, score });
  const drift: DriftBand = state.driftNow === 'none' && input.vgacAsksRecalibration ? 'monitor' : state.driftNow;
  return {
    score,
    scope: strictest(reasons.map((reason) => reason.scope)),
    ece: evaluation?.ece ?? null,
    eceLower: evaluation?.lower ?? null,
    eceUpper: evaluation?.upper ?? null,
    nullMean: evaluation?.nullMean ?? null,
    n: evaluation?.n ?? state.outcomes.size,
    skilled: evaluation?.skilled ?? false,
    epoch: state.epoch,
    version: input.version,
    drift,
    earnedTier: earnedTier(state, input.config),
    reasons: byStrictness(reasons),
  };
}

/** Stands in for a verdict that could not be given: it lets nothing act, and says so. */
export function unknownVerdict(state: CalibrationState | null): Verdict {
  const reason = escalate('noVerdict', 'the reliability of this cluster could not be determined');
  return { ...blind(state?.version ?? 0, [reason]), epoch: state?.epoch ?? 0 };
}

function blind(version: number, reasons: Reason[]): Verdict {
  const nothing = { score: null, ece: null, eceLower: null, eceUpper: null, nullMean: null };
  const zero = { n: 0, skilled: false, epoch: 0, earnedTier: 0 };
  return { ...nothing, ...zero, scope: 'escalate', version, drift: 'none', reasons };
}
