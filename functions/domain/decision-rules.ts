import type { ClusterConfig } from '../../schemas/config.ts';
import type { Kind } from '../../schemas/primitives.ts';
import { CALIBRATION, type CalibrationState } from './calibration/state.ts';
import { earnedTier, tierInWords, tierStandings } from './calibration/tiers.ts';
import { tokensAt } from './calibration/tokens.ts';
import { capabilityOf, misconfigured } from './capabilities.ts';
import type { Proposal } from './proposal.ts';
import type { Rule } from './rule.ts';
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

const escalating = (rule: Omit<Rule<RuleInput>, 'scope'>): Rule<RuleInput> => ({ ...rule, scope: 'escalate' });

const PLURAL: Readonly<Record<Kind, string>> = { statement: 'statements', intervention: 'interventions' };

const freeTokens = ({ proposal, state, inFlight, config, nowSeconds }: RuleInput): number =>
  tokensAt(state, proposal.kind, config.budgets, nowSeconds) - inFlight[proposal.kind];

export const tokens = escalating({
  code: 'tokens',
  applies: (input) => !(freeTokens(input) >= GATE.freeTokens),
  message: (input) => {
    const { kind } = input.proposal;
    const { tokens: start, perDay } = input.config.budgets[kind];
    const left = `${tenths(freeTokens(input))} of ${start} harm tokens left for ${PLURAL[kind]}`;
    return `${left} beside ${input.inFlight[kind]} in flight; ${GATE.freeTokens} is needed, and ${perDay} a day come back`;
  },
});

const harmEvidence = escalating({
  code: 'harmEvidence',
  applies: ({ proposal: { kind }, state }) => kind === 'intervention' && state.harms[kind].size < GATE.harm.labels,
  message: ({ proposal: { kind }, state }) => {
    const { size } = state.harms[kind];
    const likely = `jobs left alone that looked likely to wait long (q of ${CALIBRATION.interventionQ} or more)`;
    return `needs ${GATE.harm.labels - size} more ${likely}: ${size} of ${GATE.harm.labels}`;
  },
});

export const harm = escalating({
  code: 'harm',
  applies: ({ proposal: { kind }, state }) => {
    const { size, ones } = state.harms[kind];
    return !(size < GATE.harm.labels) && !(ones / size <= GATE.harm.rate);
  },
  message: ({ proposal: { kind }, state }) => {
    const { size, ones } = state.harms[kind];
    const watched = kind === 'statement' ? 'confident predictions' : `predictions of a long wait`;
    return `${ones} of the last ${size} ${watched} were wrong; at most ${Math.floor(GATE.harm.rate * size)} may be`;
  },
});

const noProbability = escalating({
  code: 'noProbability',
  applies: ({ q }) => q === null,
  message: () => 'VGAC gave no probability, so nothing can be acted on',
});

export const uncertain = escalating({
  code: 'uncertain',
  applies: ({ q, state }) => q !== null && !(Math.min(q, 1 - q) <= state.tau),
  message: ({ q, state }) => {
    const doubt = q === null ? 1 : Math.min(q, 1 - q);
    return `the prediction is wrong with probability ${doubt.toFixed(3)}; at most ${state.tau.toFixed(3)} is acted on`;
  },
});

export const cap = escalating({
  code: 'inFlight',
  applies: ({ proposal: { kind }, inFlight, config }) => !(inFlight[kind] < config.budgets[kind].inFlight),
  message: ({ proposal: { kind }, inFlight, config }) =>
    `${inFlight[kind]} ${PLURAL[kind]} wait for their outcome; fewer than ${config.budgets[kind].inFlight} may when another starts`,
});

const tier = escalating({
  code: 'tier',
  applies: ({ proposal, state, verdictTier }) => !(proposal.tier <= Math.min(earnedTier(state), verdictTier)),
  message: ({ proposal, state }) => {
    const standing = tierStandings(state)[proposal.tier - 1];
    if (standing === undefined) return `there is no tier ${proposal.tier}`;
    return tierInWords(state, standing);
  },
});

const faultOf = ({ proposal }: RuleInput): string | null =>
  proposal.arguments === null ? null : misconfigured(proposal.arguments, proposal.tier);

const configured = escalating({
  code: 'misconfigured',
  applies: (input) => faultOf(input) !== null,
  message: (input) => faultOf(input) ?? '',
});

const reversible = escalating({
  code: 'irreversible',
  applies: ({ proposal, limits }) =>
    proposal.arguments !== null &&
    (limits.irreversible === true || capabilityOf(proposal.arguments.action)?.reversible === false),
  message: () => 'this action cannot be taken back, so a human decides',
});

/** Cooldown and rate are about actions on the scheduler; statements are bounded by their own tokens. */
const cooldown = escalating({
  code: 'cooldown',
  applies: ({ proposal, limits }) => proposal.kind !== 'statement' && limits.coolingDown,
  message: ({ config }) => `this action ran here less than ${config.limits.cooldownMinutes} minutes ago`,
});

const rate = escalating({
  code: 'rate',
  applies: ({ proposal, limits, config }) =>
    proposal.kind !== 'statement' && !limits.coolingDown && !(limits.usedThisHour < config.limits.actionsPerHour),
  message: ({ limits, config }) =>
    `${limits.usedThisHour} of ${config.limits.actionsPerHour} actions of this hour are used`,
});

/** In the order of DESIGN.md section 3; every one that applies is reported. */
export const DECISION_RULES: readonly Rule<RuleInput>[] = [
  tokens,
  harmEvidence,
  harm,
  noProbability,
  uncertain,
  cap,
  tier,
  configured,
  reversible,
  cooldown,
  rate,
];

/** Rounded down, so that 0.99 is never shown as the 1 that would have sufficed. */
function tenths(value: number): string {
  return String(Math.max(0, Math.floor(value * 10) / 10));
}
