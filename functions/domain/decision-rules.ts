import type { ClusterConfig } from '../../schemas/config.ts';
import type { Kind } from '../../schemas/primitives.ts';
import type { Reason } from '../../schemas/verdict.ts';
import type { CalibrationState } from './calibration/state.ts';
import { earnedTier, tierInWords, tierStandings } from './calibration/tiers.ts';
import { tokensAt } from './calibration/tokens.ts';
import { capabilityOf, misconfigured } from './capabilities.ts';
import type { Proposal } from './proposal.ts';
import { GATE } from './thresholds.ts';

export interface Limits {
  /** The same action ran on this cluster less than its cooldown ago. */
  readonly coolingDown: boolean;
  readonly usedThisHour: number;
  /** True when the action cannot be taken back here, whatever it usually can. */
  readonly irreversible?: boolean;
}

export interface RuleInput {
  readonly proposal: Proposal;
  readonly q: number | null;
  readonly state: CalibrationState;
  readonly verdictTier: number;
  readonly inFlight: Readonly<Record<Kind, number>>;
  readonly config: Pick<ClusterConfig, 'budgets' | 'limits'>;
  readonly limits: Limits;
  readonly nowSeconds: number;
}

type Rule = (input: RuleInput) => Reason | null;

const escalate = (code: string, message: string): Reason => ({ code, message, scope: 'escalate' });

/** Comparisons are written so that NaN fails them. */
const tokens: Rule = ({ proposal: { kind }, state, inFlight, config, nowSeconds }) => {
  const free = tokensAt(state, kind, config.budgets, nowSeconds) - inFlight[kind];
  if (free >= GATE.freeTokens) return null;
  const left = `${tenths(free)} of ${config.budgets[kind].tokens} harm tokens left`;
  return escalate('tokens', `${left} beside ${inFlight[kind]} in flight; ${GATE.freeTokens} is needed`);
};

const harm: Rule = ({ proposal: { kind }, state }) => {
  const { size, ones } = state.harms[kind];
  if (size < GATE.harm.labels) {
    if (kind === 'statement') return null;
    const missing = GATE.harm.labels - size;
    return escalate(
      'harmEvidence',
      `needs ${missing} more untouched jobs with a high q (${size} of ${GATE.harm.labels})`,
    );
  }
  if (ones / size <= GATE.harm.rate) return null;
  const most = Math.floor(GATE.harm.rate * size);
  return escalate('harm', `${ones} of the last ${size} were wrong; at most ${most} may be`);
};

const certainty: Rule = ({ q, state }) => {
  if (q === null) return escalate('noProbability', 'VGAC gave no probability, so nothing can be acted on');
  const doubt = Math.min(q, 1 - q);
  if (doubt <= state.tau) return null;
  return escalate(
    'uncertain',
    `the class may be wrong with ${doubt.toFixed(3)}; at most ${state.tau.toFixed(3)} is acted on`,
  );
};

const cap: Rule = ({ proposal: { kind }, inFlight, config }) => {
  const most = config.budgets[kind].inFlight;
  return inFlight[kind] < most
    ? null
    : escalate('inFlight', `${inFlight[kind]} in flight; fewer than ${most} are needed`);
};

const tier: Rule = ({ proposal, state, verdictTier }) => {
  const earned = Math.min(earnedTier(state), verdictTier);
  if (proposal.tier <= earned) return null;
  const standing = tierStandings(state)[proposal.tier - 1];
  if (standing === undefined) return escalate('tier', `there is no tier ${proposal.tier}`);
  return escalate('tier', tierInWords(state, standing));
};

const configured: Rule = ({ proposal }) => {
  const fault = proposal.arguments === null ? null : misconfigured(proposal.arguments, proposal.tier);
  return fault === null ? null : escalate('misconfigured', fault);
};

const reversible: Rule = ({ proposal, limits }) => {
  if (proposal.arguments === null) return null;
  const known = capabilityOf(proposal.arguments.action);
  if (known?.reversible !== false && limits.irreversible !== true) return null;
  return escalate('irreversible', 'this action cannot be taken back, so a human decides');
};

/** Cooldown and rate are about actions on the scheduler; statements are bounded by their own tokens. */
const pace: Rule = ({ proposal, limits, config }) => {
  if (proposal.kind === 'statement') return null;
  if (limits.coolingDown) {
    return escalate('cooldown', `this action ran here less than ${config.limits.cooldownMinutes} minutes ago`);
  }
  const most = config.limits.actionsPerHour;
  return limits.usedThisHour < most
    ? null
    : escalate('rate', `${limits.usedThisHour} of ${most} actions of this hour are used`);
};

/** In the order of DESIGN.md section 3; every one that applies is reported. */
const RULES: readonly Rule[] = [tokens, harm, certainty, cap, tier, configured, reversible, pace];

/** Why the agent may not decide this job alone, by budget, recent harm, certainty, tier and limits. */
export function decisionReasons(input: RuleInput): Reason[] {
  return RULES.map((rule) => rule(input)).filter((reason) => reason !== null);
}

/** Rounded down, so that 0.99 is never shown as the 1 that would have sufficed. */
function tenths(value: number): string {
  return String(Math.max(0, Math.floor(value * 10) / 10));
}
