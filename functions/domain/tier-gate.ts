import type { ActionArguments } from '../../schemas/decision.ts';
import type { EvidenceDays } from './calibration/evidence-days.ts';
import { Z90 } from './calibration/normal.ts';
import { type Precision, precisionBound, precisionOf, wilsonLower } from './calibration/precision.ts';
import { freeOf, needOf, type Purse } from './calibration/purse.ts';
import type { CalibrationState } from './calibration/state.ts';
import { capabilityOf, misconfigured } from './capabilities.ts';
import type { Rule } from './rule.ts';
import { NUMBERS, type Numbers, TOKEN } from './thresholds.ts';
import type { TierRules } from './tier-numbers.ts';

/** Where an action stands against its limits on this job and cluster. */
export interface Limits {
  /** The same action ran on this job within its cooldown. */
  readonly coolingDown: boolean;
  readonly usedThisHour: number;
  readonly cooldownMinutes: number;
  readonly actionsPerHour: number;
  /** True when the action cannot be undone here, even if it usually can. */
  readonly irreversible?: boolean;
  /** For a hold: why nobody can be asked to release it, in which case it is not placed; null when somebody can. */
  readonly noPlaceToAsk: string | null;
}

/** What the rules look at for one tier and one job. */
export interface TierFacts {
  readonly tier: TierRules;
  readonly state: CalibrationState;
  readonly purse: Purse;
  /** T. */
  readonly longWaitSeconds: number;
  /** UTC days that an intervention needs outcomes from. */
  readonly evidenceDays: number;
  /** What the tier would do. */
  readonly arguments: ActionArguments | null;
  readonly limits: Limits;
}

export type TierRule = Rule<TierFacts>;

/** The numbers changed: what the tier earned under the old ones no longer counts, and the next fold restarts it. */
const changed: TierRule = {
  code: 'numbersChanged',
  applies: ({ tier, state }) => {
    const numbers = state.tiers[tier.tier - 1]?.numbers;
    return !(
      numbers !== undefined &&
      numbers.eps === tier.eps &&
      numbers.ece === tier.ece &&
      numbers.promise === tier.promise &&
      numbers.start === tier.start
    );
  },
  message: ({ tier }) => `the numbers of ${tier.name} have changed: it starts anew with the next outcome`,
};

export const tierEce: TierRule = {
  code: 'ece',
  applies: ({ tier, state: { evaluation } }) => !(evaluation !== null && evaluation.ece <= tier.ece),
  message: ({ tier, state: { evaluation } }) =>
    `${tier.name}: ECE ${evaluation?.ece.toFixed(3) ?? 'unknown'}, at most ${tier.ece.toFixed(3)}`,
};

export const skilled: TierRule = {
  code: 'skill',
  applies: ({ state: { evaluation } }) => !(evaluation?.skilled === true),
  message: () => 'predictions do not beat the base rate yet, with 99 % certainty',
};

export const evidence: TierRule = {
  code: 'evidence',
  applies: ({ tier, state, longWaitSeconds }) => {
    const ring = state.tiers[tier.tier - 1]?.evidence;
    return !(ring !== undefined && precisionBound(ring, longWaitSeconds, state.numbers) >= tier.promise);
  },
  message: ({ tier, state, longWaitSeconds }) => {
    const ring = state.tiers[tier.tier - 1]?.evidence;
    return ring === undefined
      ? `there is no tier ${tier.tier}`
      : evidenceInWords(tier, precisionOf(ring, longWaitSeconds, state.numbers), state.numbers);
  },
};

export const days: TierRule = {
  code: 'days',
  applies: ({ tier, state, evidenceDays }) => lacksDays(tier, state.tiers[tier.tier - 1]?.days, evidenceDays),
  message: ({ tier, state, evidenceDays }) => daysInWords(tier, state.tiers[tier.tier - 1]?.days, evidenceDays),
};

export const tokens: TierRule = {
  code: 'tokens',
  applies: ({ tier, state, purse }) => !(freeOf(state, purse, tier.tier - 1) >= needOf(tier.tier, state.numbers)),
  message: ({ tier, state, purse }) => {
    const free = tenths(freeOf(state, purse, tier.tier - 1) / TOKEN);
    const reserved = tenths((purse.reserved[tier.tier - 1] ?? 0) / TOKEN);
    const needed = needOf(tier.tier, state.numbers) / TOKEN;
    return `${tier.name}: ${free} tokens are free beside ${reserved} in flight, ${needed} are needed`;
  },
};

const configured: TierRule = {
  code: 'misconfigured',
  applies: (facts) => faultOf(facts) !== null,
  message: (facts) => faultOf(facts) ?? '',
};

const reversible: TierRule = {
  code: 'irreversible',
  applies: ({ arguments: args, limits }) =>
    args !== null && (limits.irreversible === true || capabilityOf(args.action)?.reversible === false),
  message: () => 'this action cannot be undone, so a human decides',
};

/** Cooldown and rate limit actions on the scheduler; statements are limited by their own tokens. */
const cooldown: TierRule = {
  code: 'cooldown',
  applies: ({ tier, limits }) => tier.kind === 'intervention' && limits.coolingDown,
  message: ({ limits }) => `this action ran on this job less than ${limits.cooldownMinutes} minutes ago`,
};

const rate: TierRule = {
  code: 'rate',
  applies: ({ tier, limits }) => tier.kind === 'intervention' && !(limits.usedThisHour < limits.actionsPerHour),
  message: ({ limits }) => `${limits.usedThisHour} of ${limits.actionsPerHour} actions of this hour are used`,
};

const place: TierRule = {
  code: 'noPlace',
  applies: ({ tier, limits }) => tier.name === 'gate' && limits.noPlaceToAsk !== null,
  message: ({ limits }) => `a hold needs somebody to release it: ${limits.noPlaceToAsk ?? ''}`,
};

/** Rules 2 to 5 of CALIBRATION.md section 4, in that order: what a tier's evidence and promise allow. */
export const CORE_TIER_RULES: readonly TierRule[] = [tierEce, skilled, evidence, tokens];

/** The same, plus the rules that only a deployed cluster needs. */
export const TIER_RULES: readonly TierRule[] = [
  changed,
  ...CORE_TIER_RULES,
  days,
  configured,
  reversible,
  cooldown,
  rate,
  place,
];

/** What a tier's evidence shows, and how much is missing (CALIBRATION.md section 6). */
export function evidenceInWords(
  tier: TierRules,
  { labels, right, stretches, bound }: Precision,
  { gate }: Numbers = NUMBERS,
): string {
  const eps = tier.eps.toFixed(2);
  if (labels < gate.evidence.labels) {
    return `${tier.name}: ${labels} of ${gate.evidence.labels} outcomes with q >= ${eps} seen`;
  }
  if (stretches < gate.evidence.stretches) {
    const needed = `from ${gate.evidence.stretches} stretches of time`;
    return `${tier.name}: outcomes with q >= ${eps} are needed ${needed}, they are from ${stretches}`;
  }
  const share = `${tier.name}: ${percent(right / labels)} of ${labels} were right`;
  const needed = `${percent(tier.promise)} are needed with 90 % certainty`;
  const more = outcomesMissing(tier.promise, { labels, right, bound });
  if (bound >= tier.promise) return `${share}, and ${needed}`;
  return more === null ? `${share}, ${needed}` : `${share}, ${needed}: about ${more} more at this rate`;
}

/** Whether an intervention lacks outcomes of enough days. Statements need none: a wrong one costs a token and touches nothing. */
export function lacksDays({ kind }: TierRules, days: EvidenceDays | undefined, needed: number): boolean {
  return kind === 'intervention' && !((days?.seen ?? 0) >= needed);
}

export function daysInWords({ name, eps }: TierRules, days: EvidenceDays | undefined, needed: number): string {
  return `${name}: outcomes with q >= ${eps.toFixed(2)} from ${days?.seen ?? 0} of ${needed} days (UTC) seen`;
}

/** About how many more outcomes are needed at this rate, in tens; null when more outcomes alone are not enough. */
export function outcomesMissing(
  promise: number,
  { labels, right, bound }: Pick<Precision, 'labels' | 'right' | 'bound'>,
): number | null {
  const p = right / labels;
  if (bound >= promise) return 0;
  if (!(p > promise)) return null;
  // What a label is worth today, derived from the bound; assumes that further labels are worth the same.
  let worth = 1;
  while (worth > 0.02 && wilsonLower(p, labels * worth, Z90) > bound) worth -= 0.01;
  for (let more = 10; more <= MOST_MISSING; more += 10) {
    if (wilsonLower(p, (labels + more) * worth, Z90) >= promise) return more;
  }
  return null;
}

/** Beyond this the estimate is of no use to anybody. */
const MOST_MISSING = 10_000;
function faultOf({ arguments: args, tier }: TierFacts): string | null {
  return args === null ? null : misconfigured(args, tier.tier);
}

/** Rounded down, so that 64.9 % never looks like the required 65 %. */
function percent(share: number): string {
  return `${Math.floor(share * 100 + 1e-9)} %`;
}

/** Rounded down, so that 0.99 is never shown as the required 1. */
function tenths(value: number): string {
  return String(Math.floor(value * 10 + 1e-9) / 10);
}
