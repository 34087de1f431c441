import { costOf, freeOf, holdOutShare } from './calibration/purse.ts';
import { firstOf } from './rule.ts';
import type { TierFacts, TierRule } from './tier-gate.ts';
import type { TierRules } from './tier-numbers.ts';

/** What the agent does about one job, walking down from the tier it calls for. Overwritten by each choice. */
export interface Chosen {
  /** The tier done or held out; 0 for none. */
  tier: number;
  heldOut: boolean;
  /** Hold-out share of such interventions; NaN for a statement, or when nothing is done. */
  share: number;
  /** What it reserves, in ten-thousandths of a token. */
  cost: number;
  /** Why the tier called for is not done; null when it is. */
  reason: string | null;
  /** Tiers passed over only for lack of tokens, as bits: 1 << (tier - 1). */
  paper: number;
}

export function nothingChosen(): Chosen {
  return { tier: 0, heldOut: false, share: Number.NaN, cost: 0, reason: null, paper: 0 };
}

/** The tiers in a bit set, lowest first. */
export function tiersIn(bits: number): number[] {
  return [1, 2, 3, 4].filter((tier) => (bits & (1 << (tier - 1))) !== 0);
}

export interface Walk {
  /** The tier the job calls for. */
  readonly called: number;
  /** Why no tier may act, whatever it has earned; null when nothing bars it. */
  readonly barred: string | null;
  readonly rules: readonly TierRule[];
  /** What is known of a tier; null for one that is not configured. */
  readonly factsOf: (tier: number) => TierFacts | null;
  /** The round's hold-out draw, in [0, 1); called only when an intervention would run. */
  readonly draw: () => number;
}

/**
 * From the tier called for down, the first that evidence, promise and switches allow (CALIBRATION.md section 4): a cluster that
 * has not earned *gate* may still *suggest*, one that has not earned *suggest* may still *warn*.
 */
export function chooseTier({ called, barred, rules, factsOf, draw }: Walk, into: Chosen): void {
  into.tier = 0;
  into.heldOut = false;
  into.share = Number.NaN;
  into.cost = 0;
  into.reason = barred;
  into.paper = 0;
  if (barred !== null) return;
  for (let tier = called; tier >= 1; tier--) {
    const facts = factsOf(tier);
    if (facts === null) continue;
    const against = firstOf(rules, facts);
    if (against === null) {
      take(into, facts, draw);
      return;
    }
    into.reason ??= against;
    if (against === TOKENS_CODE && lacksOnlyTokens(rules, facts)) into.paper |= 1 << (tier - 1);
  }
}

function take(into: Chosen, { tier, state, purse }: TierFacts, draw: () => number): void {
  into.tier = tier.tier;
  if (tier.kind === 'intervention') {
    into.share = holdOutShare(freeOf(state, purse, tier.tier - 1), state.numbers);
    into.heldOut = draw() < into.share;
  }
  into.cost = costOf(into.heldOut ? into.share : null);
}

const TOKENS_CODE = 'tokens';

function lacksOnlyTokens(rules: readonly TierRule[], facts: TierFacts): boolean {
  for (let i = 0; i < rules.length; i++) {
    const rule = rules[i];
    if (rule !== undefined && rule.code !== TOKENS_CODE && rule.applies(facts)) return false;
  }
  return true;
}

/** The highest tier q reaches, skipping tiers without a configured action; 0 for none, or if q is no probability. */
export function calledTier(q: number, rules: readonly TierRules[], configured: (tier: number) => boolean): number {
  if (!(q <= 1)) return 0;
  for (let i = rules.length - 1; i >= 0; i--) {
    const tier = rules[i];
    if (tier !== undefined && q >= tier.eps && configured(tier.tier)) return tier.tier;
  }
  return 0;
}
