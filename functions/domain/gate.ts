import type { ClusterConfig } from '../../schemas/config.ts';
import type {
  ActionArguments,
  Decision,
  Next,
  PassedOver,
  Question,
  ServedPrediction,
} from '../../schemas/decision.ts';
import type { Scope } from '../../schemas/primitives.ts';
import type { Reason, Verdict } from '../../schemas/verdict.ts';
import { scoreOfState } from './calibration/evaluation.ts';
import type { Purse } from './calibration/purse.ts';
import type { CalibrationState } from './calibration/state.ts';
import { type Chosen, calledTier, chooseTier, nothingChosen, tiersIn } from './choose-tier.ts';
import { REBUILD } from './command.ts';
import { argumentsHash, decisionId } from './ids.ts';
import { isConfigured, proposalOf } from './proposal.ts';
import { unknownVerdict } from './reliability.ts';
import { EVIDENCE } from './reliability-rules.ts';
import type { Round } from './round.ts';
import { reasonsOf } from './rule.ts';
import { byStrictness, strictest } from './scope.ts';
import { statementOf } from './statement.ts';
import { GATE, kindOf } from './thresholds.ts';
import { type Limits, TIER_RULES, type TierFacts } from './tier-gate.ts';
import { type TierRules, tierRulesOf } from './tier-numbers.ts';

/**
 * The gate (DESIGN.md section 3): what the agent may do on its own about one job, and what it asks a human.
 *
 * Every number is in thresholds.ts. reliability.ts and reliability-rules.ts judge the cluster's evidence, tier-gate.ts says
 * what one tier needs, choose-tier.ts walks from tier to tier, and this file combines them.
 */
export interface DecideInput {
  readonly job: Round & { readonly proposedAction?: string | undefined };
  /** This round was caused by our own effect on an earlier round of the same job. */
  readonly ownEffect: boolean;
  /** A start event for the job has been seen. */
  readonly started: boolean;
  /** The label is already stored. */
  readonly labelKnown: boolean;
  readonly prediction: ServedPrediction;
  /** Labels the built-in forecast has learned from, up to the most it counts; null when it is unreadable. */
  readonly forecastLabels: number | null;
  /** Null when CheckCalibration failed: with unknown evidence a human decides. */
  readonly verdict: Verdict | null;
  /** Null when it is missing or unreadable. */
  readonly state: CalibrationState | null;
  readonly purse: Purse;
  readonly config: ClusterConfig;
  /** Where each tier's action stands against its limits, lowest tier first. */
  readonly limits: readonly Limits[];
  /** Why nobody can be asked about a tier; null when somebody can. */
  readonly askBarred: (tier: number) => Reason | null;
  /** The round's hold-out draw, in [0, 1). */
  readonly draw: () => number;
  readonly now: Date;
}

/**
 * Decides one job before anything is reserved, recorded or done. `tier` and `cost` say what to reserve; if that is no longer
 * available, the caller decides again with fresh tokens. For each tier passed over, the decision lists every rule it failed.
 */
export function decide(input: DecideInput): Decision {
  const { job, prediction, config, now, state } = input;
  const verdict = input.verdict ?? unknownVerdict(state);
  const rules = tierRulesOf(config.tiers);
  const called = calledTier(prediction.q ?? Number.NaN, rules, (tier) => isConfigured(tier, config));
  const late = isLate(input);
  const barring = barringReasons(input, verdict);
  const facts = factsOf(input, rules);
  const chosen = nothingChosen();
  const barred = barring[0]?.code ?? null;
  if (!late) chooseTier({ called, barred, rules: TIER_RULES, factsOf: facts, draw: input.draw }, chosen);
  const passedOver = late ? [] : passedOverOf(called, chosen, barring, facts);
  const done = chosen.tier === 0 ? null : proposalOf(chosen.tier, config, job);
  const question = late ? { asks: null, unasked: [] } : questionOf(input, called, chosen, barring);
  const allowed = strictest([verdict.scope, ...freshScopes(state)]);
  const scope = chosen.tier > 0 || (called === 0 && barring.length === 0) ? allowed : 'escalate';
  const next = nextOf({ called, chosen, late, asks: question.asks, scope });
  const reasons = [
    ...outcomeReason(input, next, scope),
    ...firstReasons(barring, passedOver),
    ...(next === 'actAndNotify' ? verdict.reasons.filter((reason) => reason.scope === 'notify') : []),
    ...question.unasked,
  ];
  // A tier that only lacks evidence is still learning, however good the score is.
  const learning = barring.every(({ code }) => code === 'learning');
  const statement = statementOf({ scope, learning, prediction, longWaitSeconds: config.longWaitSeconds });
  const args = withText(done, chosen.tier, statement);
  return {
    decisionId: decisionId(job),
    clusterId: job.clusterId,
    jobId: job.jobId,
    submittedAt: job.submittedAt,
    decidedAt: now.toISOString(),
    called,
    tier: chosen.tier,
    kind: kindOf(chosen.tier),
    arguments: args,
    argumentsHash: args === null ? null : argumentsHash(args),
    scope,
    next,
    asks: question.asks,
    executed: next === 'act' || next === 'actAndNotify',
    cost: chosen.cost,
    holdOutShare: Number.isNaN(chosen.share) ? null : chosen.share,
    paper: tiersIn(chosen.paper),
    eras: state?.tiers.map(({ era }) => era) ?? [0, 0, 0, 0],
    passedOver,
    foldable: !late,
    reasons,
    prediction,
    evidence: verdict,
    statement,
    longWaitSeconds: config.longWaitSeconds,
    approvalTtlSeconds: config.approvalTtlSeconds,
    // Without a scheduler nothing is touched either, and every message must say so.
    dryRun: config.dryRun || config.scheduler.kind === 'none',
  };
}

/** What bars every tier, strictest first: the cluster's evidence, the job's times, its origin. */
function barringReasons(input: DecideInput, verdict: Verdict): Reason[] {
  const { state } = input;
  const strict = verdict.reasons.filter(({ scope }) => scope === 'escalate');
  const unsaid = verdict.scope === 'escalate' && strict.length === 0;
  const reasons = unsaid ? [bar('reliability', 'this cluster is not reliable enough now')] : strict;
  const own = input.ownEffect ? [bar('ownEffect', OWN_EFFECT)] : [];
  const known = [...reasons, ...stateReasons(state, verdict, reasons)];
  return [...timeReasons(input), ...own, ...known, ...forecastReasons(input, known)];
}

/**
 * A forecast that knows nothing yet never acts, whatever the evidence says: on a cluster upgraded from an earlier version, that
 * evidence may belong to another forecast.
 */
function forecastReasons({ forecastLabels: labels, state }: DecideInput, known: readonly Reason[]): Reason[] {
  if (labels === null) return [bar('forecastUnreadable', FORECAST_UNREADABLE)];
  const needed = GATE.minimumLabels;
  if (labels >= needed || state === null || known.some(({ code }) => code === 'learning')) return [];
  const missing = needed - labels === 1 ? '1 more label' : `${needed - labels} more labels`;
  return [bar('learning', `the forecast of this queue is still learning: needs ${missing} (${labels} of ${needed})`)];
}

const FORECAST_UNREADABLE = `the built-in forecast is unreadable; rebuild it: ${REBUILD}`;

/** Otherwise a job we requeue could be requeued again because of our own effect on the queue. */
const OWN_EFFECT = 'this submission comes of our own effect: recorded, never acted on';

/** A verdict never outranks the current state, which may since have disappeared, got worse or moved to another epoch. */
function stateReasons(state: CalibrationState | null, verdict: Verdict, known: readonly Reason[]): Reason[] {
  if (state === null) {
    if (known.some(({ code }) => code === 'unreadable' || code === 'notFinite')) return [];
    return [bar('unreadable', 'the calibration state is missing or unreadable')];
  }
  const now = reasonsOf(EVIDENCE, { state, score: scoreOfState(state) });
  const worse = now.filter(({ code, scope }) => scope === 'escalate' && !known.some((other) => other.code === code));
  if (state.epoch === verdict.epoch) return worse;
  const another = `the verdict is about epoch ${verdict.epoch}, and epoch ${state.epoch} is in force now`;
  return [bar('epoch', another), ...worse];
}

/** What the current outcomes allow, which may be less than when the verdict was given. */
function freshScopes(state: CalibrationState | null): Scope[] {
  if (state === null) return ['escalate'];
  return reasonsOf(EVIDENCE, { state, score: scoreOfState(state) }).map(({ scope }) => scope);
}

function factsOf(input: DecideInput, rules: readonly TierRules[]): (tier: number) => TierFacts | null {
  const { state, purse, config, job, limits } = input;
  return (number) => {
    const tier = rules[number - 1];
    const action = limits[number - 1];
    const args = proposalOf(number, config, job);
    if (state === null || tier === undefined || action === undefined || args === null) return null;
    const { longWaitSeconds, evidenceDays } = config;
    return { tier, state, purse, longWaitSeconds, evidenceDays, arguments: args, limits: action };
  };
}

/** Every tier from the one called for down to the one done, with every reason against it. */
function passedOverOf(
  called: number,
  chosen: Chosen,
  barring: readonly Reason[],
  factsFor: (tier: number) => TierFacts | null,
): PassedOver[] {
  const passed: PassedOver[] = [];
  for (let tier = called; tier > chosen.tier; tier--) {
    const facts = factsFor(tier);
    const own = facts === null ? [] : TIER_RULES.filter((rule) => rule.applies(facts));
    const failed = own.map((rule) => bar(rule.code, facts === null ? '' : rule.message(facts)));
    const reasons = [...barring, ...failed];
    if (reasons.length > 0) passed.push({ tier, reasons });
  }
  return passed;
}

/**
 * An intervention that was called for, but neither executed nor held out, is asked about, even when a lower tier acts. A held-out
 * job is never asked about: an approval would touch exactly the jobs that must stay untouched.
 */
function questionOf(
  { config, job, askBarred, ownEffect }: DecideInput,
  called: number,
  chosen: Chosen,
  barring: readonly Reason[],
): { asks: Question | null; unasked: Reason[] } {
  const nothing = { asks: null, unasked: [] };
  if (kindOf(called) !== 'intervention' || chosen.tier >= called || chosen.heldOut) return nothing;
  if (ownEffect || barring.some(({ code }) => NEVER_ASKED.has(code))) return nothing;
  const args = proposalOf(called, config, job);
  if (args === null) return nothing;
  const against = askBarred(called);
  if (against !== null) return { asks: null, unasked: [against] };
  return { asks: { tier: called, arguments: args, argumentsHash: argumentsHash(args) }, unasked: [] };
}

/** An approver cannot change these either: an operator's freeze, a wrong clock. */
const NEVER_ASKED: ReadonlySet<string> = new Set(['frozen', 'noTime', 'tooOld', 'ahead']);

function nextOf({
  called,
  chosen,
  late,
  asks,
  scope,
}: {
  called: number;
  chosen: Chosen;
  late: boolean;
  asks: Question | null;
  scope: Scope;
}): Next {
  if (late) return 'late';
  if (called === 0) return 'nothing';
  if (chosen.heldOut) return 'holdOut';
  if (chosen.tier > 0) return scope === 'autonomous' ? 'act' : 'actAndNotify';
  return asks === null ? 'withhold' : 'ask';
}

const HELD_OUT =
  'would have been done, and is left out on purpose: without some such jobs there is no evidence to go on';

/** Listed first, because nothing else explains the outcome. */
function outcomeReason({ prediction: { q }, config }: DecideInput, next: Next, scope: Scope): Reason[] {
  if (next === 'late')
    return [{ code: 'late', message: 'the job has started, or its label is known already; nothing runs', scope }];
  if (next === 'holdOut') return [{ code: 'holdout', message: HELD_OUT, scope }];
  if (next !== 'nothing') return [];
  if (q === null) return [{ code: 'noProbability', message: 'there is no probability, so nothing calls', scope }];
  const lowest = tierRulesOf(config.tiers).find(({ tier }) => isConfigured(tier, config));
  const eps = lowest === undefined ? 'no tier is configured' : `${lowest.name} calls from ${lowest.eps.toFixed(2)} on`;
  return [{ code: 'nothingNeeded', message: `nothing is called for: q is ${q.toFixed(3)}, and ${eps}`, scope }];
}

/** Why the tier called for was passed over, or else what bars every tier. */
function firstReasons(barring: readonly Reason[], passedOver: readonly PassedOver[]): Reason[] {
  return byStrictness(passedOver[0]?.reasons ?? barring);
}

function timeReasons(input: DecideInput): Reason[] {
  const age = ageOf(input);
  if (Number.isNaN(age)) return [bar('noTime', 'the job has no time of submission')];
  if (age > GATE.oldestSeconds) return [bar('tooOld', 'submitted more than 24 hours ago: recorded, never acted on')];
  if (age < -GATE.aheadSeconds) return [bar('ahead', 'submitted more than 5 minutes in the future: a clock is wrong')];
  return [];
}

/** Seconds since the submission; NaN when it has no time. */
function ageOf({ job, now }: Pick<DecideInput, 'job' | 'now'>): number {
  return (now.getTime() - Date.parse(job.submittedAt)) / 1000;
}

/** After submit + T the label is determined, whether or not its event has arrived. */
function isLate(input: DecideInput): boolean {
  const age = ageOf(input);
  return input.started || input.labelKnown || !(age <= Math.min(input.config.longWaitSeconds, GATE.oldestSeconds));
}

function bar(code: string, message: string): Reason {
  return { code, message, scope: 'escalate' };
}

/** Only statements carry text; an intervention does not depend on any. */
function withText(args: ActionArguments | null, tier: number, text: string): ActionArguments | null {
  return args === null || kindOf(tier) === 'intervention' ? args : { ...args, text };
}
