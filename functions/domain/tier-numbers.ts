import type { ClusterConfig } from '../../schemas/config.ts';
import type { Kind, TierName } from '../../schemas/primitives.ts';
import { kindOf, NUMBERS, type Numbers, TIERS, TOKEN } from './thresholds.ts';

/** One tier with its numbers for one cluster. Tokens in ten-thousandths. */
export interface TierRules {
  readonly name: TierName;
  readonly tier: number;
  readonly kind: Kind;
  /** The lowest q that calls for it. */
  readonly eps: number;
  /** R: the highest debiased ECE allowed. */
  readonly ece: number;
  /** pi: at least this share of what the tier does autonomously is right. */
  readonly promise: number;
  readonly start: number;
  readonly cap: number;
}

/** The four tiers as configured, lowest first. A promise may be raised, but never set below eps - R. */
export function tierRulesOf(configured: ClusterConfig['tiers'], numbers: Numbers = NUMBERS): TierRules[] {
  return TIERS.map((name, i) => {
    const usual = numbers.tiers[name];
    const own = configured[name];
    const eps = own?.eps ?? usual.eps;
    const ece = own?.ece ?? usual.ece;
    const promise = Math.max(own?.promise ?? 0, eps - ece);
    const start = Math.round((own?.tokens ?? usual.tokens) * TOKEN);
    const cap = Math.max(start, Math.round((own?.cap ?? usual.cap) * TOKEN));
    return { name, tier: i + 1, kind: kindOf(i + 1), eps, ece, promise, start, cap };
  });
}

/** The tiers' numbers as a ledger batch stores them. */
export function ledgerTiers(rules: readonly TierRules[]): Omit<TierRules, 'name' | 'tier' | 'kind'>[] {
  return rules.map(({ eps, ece, promise, start, cap }) => ({ eps, ece, promise, start, cap }));
}

/** Acts a tier needs before its promise means anything: K / (1 - pi). */
export function testedFrom({ start, promise }: Pick<TierRules, 'start' | 'promise'>): number {
  return start / TOKEN / (1 - promise);
}
