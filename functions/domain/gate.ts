import type { ClusterConfig } from '../../schemas/config.ts';
import type { ActionArguments, Decision, Next, ServedPrediction } from '../../schemas/decision.ts';
import type { Kind, Scope } from '../../schemas/primitives.ts';
import type { Reason, Verdict } from '../../schemas/verdict.ts';
import type { CalibrationState } from './calibration/state.ts';
import { DECISION_RULES, type Limits } from './decision-rules.ts';
import { isHeldOut } from './hold-out.ts';
import { argumentsHash, decisionId } from './ids.ts';
import { type Proposal, propose } from './proposal.ts';
import { unknownVerdict } from './reliability.ts';
import type { Round } from './round.ts';
import { reasonsOf } from './rule.ts';
import { byStrictness, strictest } from './scope.ts';
import { statementOf } from './statement.ts';
import { GATE } from './thresholds.ts';

/**
 * The gate (DESIGN.md section 3): whether the agent may act alone on one job.
 *
 * Where things are: every number in thresholds.ts; `reliability` (what the cluster's evidence allows) in reliability.ts and
 * its rules in reliability-rules.ts; `propose` in proposal.ts; the rules about one decision in decision-rules.ts; how they
 * come together below.
 */
export { propose } from './proposal.ts';
export { reliability } from './reliability.ts';

export interface DecideInput {
  readonly job: Round & { readonly proposedAction?: string | undefined };
  /** The round comes of an effect of ours on an earlier round of the same job. */
  readonly ownEffect: boolean;
  /** A start of the job has been seen. */
  readonly started: boolean;
  /** Its label is stored already. */
  readonly labelKnown: boolean;
  readonly prediction: ServedPrediction;
  /** Null when CheckCalibration failed: unknown evidence is a human's. */
  readonly verdict: Verdict | null;
  /** Null when there is none, or the stored one cannot be read. */
  readonly state: CalibrationState | null;
  readonly inFlight: Readonly<Record<Kind, number>>;
  readonly config: ClusterConfig;
  readonly limits: Limits;
  readonly now: Date;
}

/**
 * Decides one job, before anything is reserved, recorded or done. `executed` says that a reservation has to back it; when
 * that fails, `withRefusedReservation` makes the decision again. The strictest of verdict and rules wins; all reasons are
 * reported, the first is the one that is told.
 */
export function decide(input: DecideInput): Decision {
  const { job, prediction, config, now } = input;
  const verdict = input.verdict ?? unknownVerdict(input.state);
  const q = usable(prediction.q);
  const proposal = propose(q, config, job);
  const gateReasons = [
    ...ownEffectReasons(input),
    ...timeReasons(input),
    ...epochReasons(input, verdict),
    ...rulesOf(input, verdict, proposal, q),
  ];
  const scope = strictest([verdict.scope, ...gateReasons.map((reason) => reason.scope)]);
  const late = isLate(input);
  const holdout = !late && scope !== 'escalate' && proposal.kind === 'intervention' && heldOut(config, job);
  const held = byStrictness([...verdict.reasons, ...gateReasons]);
  const executed = scope !== 'escalate' && !late && !holdout;
  const statement = statementOf(scope, prediction, held[0]?.code);
  const args = withText(proposal.arguments, proposal.kind, statement);
  return {
    decisionId: decisionId(job),
    clusterId: job.clusterId,
    jobId: job.jobId,
    submittedAt: job.submittedAt,
    decidedAt: now.toISOString(),
    tier: proposal.tier,
    kind: proposal.kind,
    arguments: args,
    argumentsHash: args === null ? null : argumentsHash(args),
    scope,
    next: late || holdout ? 'nothing' : nextOf(scope, proposal.kind, args),
    executed,
    late,
    holdout,
    foldable: !late,
    reasons: [...asides(late, holdout, scope), ...held],
    prediction,
    evidence: verdict,
    statement,
    longWaitSeconds: config.longWaitSeconds,
    approvalTtlSeconds: config.approvalTtlSeconds,
  };
}

/** The decision as it has to be recorded when the conditional reservation was refused: a human's, not the agent's. */
export function withRefusedReservation(decision: Decision): Decision {
  if (!decision.executed) return decision;
  const message = `no place is left for another ${decision.kind}: one in flight has to settle, or 1 harm token to come back`;
  const reason: Reason = { code: 'reservation', message, scope: 'escalate' };
  const statement = statementOf('escalate', decision.prediction, reason.code);
  const args = withText(decision.arguments, decision.kind, statement);
  return {
    ...decision,
    arguments: args,
    argumentsHash: args === null ? null : argumentsHash(args),
    scope: 'escalate',
    next: nextOf('escalate', decision.kind, args),
    executed: false,
    reasons: [reason, ...decision.reasons],
    statement,
  };
}

function rulesOf(input: DecideInput, verdict: Verdict, proposal: Proposal, q: number | null): Reason[] {
  const { state, inFlight, config, limits, now } = input;
  if (state === null) {
    // Unless the verdict says so already: the state may have gone since it was given.
    if (verdict.reasons.some(({ code }) => code === 'unreadable' || code === 'notFinite')) return [];
    return [{ code: 'unreadable', message: 'the calibration state is missing or unreadable', scope: 'escalate' }];
  }
  const nowSeconds = now.getTime() / 1000;
  const verdictTier = verdict.earnedTier;
  return reasonsOf(DECISION_RULES, { proposal, q, state, verdictTier, inFlight, config, limits, nowSeconds });
}

/** A map that went in force since the verdict has served this q, and its first labels are capped; the verdict is not. */
function epochReasons({ state }: DecideInput, { epoch }: Verdict): Reason[] {
  if (state === null || state.epoch === epoch) return [];
  const message = `the verdict is about epoch ${epoch}, and epoch ${state.epoch} is in force now`;
  return [{ code: 'epoch', message, scope: 'escalate' }];
}

/** Seconds since the submission; NaN when it has no time. */
function ageOf({ job, now }: DecideInput): number {
  return (now.getTime() - Date.parse(job.submittedAt)) / 1000;
}

/** Or what we requeue would be requeued again, by its own effect on the queue. */
function ownEffectReasons({ ownEffect }: DecideInput): Reason[] {
  if (!ownEffect) return [];
  const message = 'this submission comes of our own effect: recorded, never acted on';
  return [{ code: 'ownEffect', message, scope: 'escalate' }];
}

function timeReasons(input: DecideInput): Reason[] {
  const age = ageOf(input);
  const reason = (code: string, message: string): Reason[] => [{ code, message, scope: 'escalate' }];
  if (Number.isNaN(age)) return reason('noTime', 'the job has no time of submission');
  if (age > GATE.oldestSeconds) return reason('tooOld', 'submitted more than 24 hours ago: recorded, never acted on');
  if (age < -GATE.aheadSeconds) return reason('ahead', 'submitted more than 5 minutes in the future: a clock is wrong');
  return [];
}

/** After submit + T the label exists, whether or not its event has arrived. */
function isLate(input: DecideInput): boolean {
  const age = ageOf(input);
  return input.started || input.labelKnown || !(age <= Math.min(input.config.longWaitSeconds, GATE.oldestSeconds));
}

function heldOut(config: ClusterConfig, round: Round): boolean {
  return isHeldOut(config.salt ?? config.clusterId, round, config.holdOut);
}

const HELD_OUT =
  'would have been done, and is left out on purpose: without some such jobs there is no evidence to go on';

/** Why a decision that may stand does not run; told first, because nothing else would explain it. */
function asides(late: boolean, holdout: boolean, scope: Scope): Reason[] {
  if (late)
    return [{ code: 'late', message: 'the job has started, or its label is known already; nothing runs', scope }];
  if (holdout) return [{ code: 'holdout', message: HELD_OUT, scope }];
  return [];
}

/** A statement says its sentence; what an intervention does depends on no sentence. */
function withText(args: ActionArguments | null, kind: Kind, text: string): ActionArguments | null {
  return args === null || kind === 'intervention' ? args : { ...args, text };
}

function nextOf(scope: Scope, kind: Kind, args: ActionArguments | null): Next {
  if (scope === 'escalate') return kind === 'intervention' ? 'ask' : 'withhold';
  if (args === null) return 'nothing';
  return scope === 'autonomous' ? 'act' : 'actAndNotify';
}

function usable(q: number | null): number | null {
  return q !== null && q >= 0 && q <= 1 ? q : null;
}
