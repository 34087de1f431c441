import type { ClusterConfig } from '../../schemas/config.ts';
import type { TierName } from '../../schemas/primitives.ts';
import { isKnown } from './calibration/evaluation.ts';
import { precisionBound, precisionOf } from './calibration/precision.ts';
import type { CalibrationState, TierState } from './calibration/state.ts';
import { daysInWords, evidenceInWords, lacksDays, outcomesMissing } from './tier-gate.ts';
import { type TierRules, testedFrom, tierRulesOf } from './tier-numbers.ts';

/** What of a cluster's configuration decides which tiers are earned. */
export type EarningConfig = Pick<ClusterConfig, 'tiers' | 'longWaitSeconds' | 'evidenceDays'>;

/** The standing of one tier on one cluster: what it has earned, how it has kept its promise, and what is missing. */
export interface TierStanding {
  readonly tier: TierName;
  readonly eps: number;
  readonly promise: number;
  /** R: the highest debiased ECE the tier allows. */
  readonly limit: number;
  /** The evidence supports it; whether tokens are left is another question. */
  readonly earned: boolean;
  /** Not earned, but the ECE is within 10 % of the limit. */
  readonly marginal: boolean;
  /** The last labels with q >= eps: how many there are, and how many were right. */
  readonly seen: number;
  readonly seenRight: number;
  /** About how many more outcomes are needed; 0 when earned, null when more outcomes alone are not enough. */
  readonly needs: number | null;
  /** Tokens in ten-thousandths. */
  readonly tokens: number;
  readonly record: TierRecord;
  /** One sentence: what is missing, or that nothing is. */
  readonly sentence: string;
}

/** What a tier has done autonomously since its tokens started, and how it turned out. */
export interface TierRecord {
  /** Settled as right or wrong: statements by their outcome, interventions by their hold-outs. */
  readonly right: number;
  readonly settled: number;
  /** Judged by hold-outs, so an estimate. */
  readonly estimate: boolean;
  /** Acts needed before the promise means anything: K / (1 - pi). */
  readonly testedFrom: number;
  readonly tested: boolean;
}

/** The standing of each tier (CALIBRATION.md section 6), lowest first. */
export function tierStandings(state: CalibrationState, config: EarningConfig): TierStanding[] {
  return tierRulesOf(config.tiers, state.numbers).flatMap((rules, i) => {
    const tier = state.tiers[i];
    return tier === undefined ? [] : [standingOf(state, tier, rules, config)];
  });
}

/** Highest tier the evidence supports, 0 to 4. Each is judged by itself: a tier does not depend on the one below it. */
export function earnedTier(state: CalibrationState, config: EarningConfig): number {
  const rules = tierRulesOf(config.tiers, state.numbers);
  for (let i = rules.length - 1; i >= 0; i--) {
    const [tier, numbers] = [state.tiers[i], rules[i]];
    if (tier !== undefined && numbers !== undefined && isEarned(state, tier, numbers, config)) return i + 1;
  }
  return 0;
}

/** What the next tier needs, in one sentence; null when all are earned. */
export function nextTierInWords(state: CalibrationState, config: EarningConfig): string | null {
  return tierStandings(state, config)[earnedTier(state, config)]?.sentence ?? null;
}

function standingOf(state: CalibrationState, tier: TierState, rules: TierRules, config: EarningConfig): TierStanding {
  const { numbers } = state;
  const { evidenceDays } = config;
  const { evidence, marginal } = numbers.gate;
  const precision = precisionOf(tier.evidence, config.longWaitSeconds, numbers);
  const earned = isEarned(state, tier, rules, config);
  const ece = state.evaluation?.ece ?? null;
  const enough = precision.labels >= evidence.labels;
  const lacking = lacksDays(rules, tier.days, evidenceDays);
  const outcomes = evidenceInWords(rules, precision, numbers);
  const isOnlyDays = lacking && precision.bound >= rules.promise;
  const missing = isOnlyDays
    ? null
    : enough
      ? outcomesMissing(rules.promise, precision)
      : evidence.labels - precision.labels;
  return {
    tier: rules.name,
    eps: rules.eps,
    promise: rules.promise,
    limit: rules.ece,
    earned,
    marginal: !earned && ece !== null && ece > rules.ece && ece <= rules.ece * marginal,
    seen: precision.labels,
    seenRight: precision.right,
    needs: earned ? 0 : ece !== null && ece > rules.ece ? null : missing,
    tokens: tier.tokens,
    record: recordOf(tier, rules),
    sentence: sentenceOf(state, rules, isOnlyDays ? daysInWords(rules, tier.days, evidenceDays) : outcomes),
  };
}

/** How a tier has kept its promise so far. */
export function recordOf(tier: TierState, rules: TierRules): TierRecord {
  const estimate = rules.kind === 'intervention';
  const right = tier.right + tier.heldRight;
  const settled = right + tier.wrong + tier.heldWrong + tier.undone;
  const enough = testedFrom(rules);
  const did = settled + tier.touched;
  return { right, settled, estimate, testedFrom: Math.ceil(enough), tested: did >= enough };
}

function isEarned(state: CalibrationState, tier: TierState, rules: TierRules, config: EarningConfig): boolean {
  const { evaluation, numbers } = state;
  if (evaluation === null || !isKnown(evaluation, numbers) || !evaluation.skilled) return false;
  if (lacksDays(rules, tier.days, config.evidenceDays)) return false;
  return evaluation.ece <= rules.ece && precisionBound(tier.evidence, config.longWaitSeconds, numbers) >= rules.promise;
}

function sentenceOf(state: CalibrationState, rules: TierRules, evidence: string): string {
  const { evaluation, outcomes, numbers } = state;
  if (evaluation === null) return `${rules.name}: ${outcomes.size} of ${numbers.gate.minimumLabels} outcomes seen`;
  if (!isKnown(evaluation, numbers)) return `${rules.name}: the ECE is not known well enough yet, n ${evaluation.n}`;
  if (evaluation.ece > rules.ece) {
    return `${rules.name}: ECE ${evaluation.ece.toFixed(3)}, at most ${rules.ece.toFixed(3)}`;
  }
  if (!evaluation.skilled) return `${rules.name}: predictions do not beat the base rate yet`;
  return evidence;
}
