import type { TierName } from '../../../schemas/primitives.ts';
import { GATE } from '../thresholds.ts';
import type { EceEstimate } from './ece.ts';
import type { CalibrationState } from './state.ts';

export const TIERS: readonly TierName[] = ['annotate', 'warn', 'suggest', 'gate'];

export interface TierStanding {
  readonly tier: TierName;
  /** Highest upper bound on ECE that earns the tier. */
  readonly limit: number;
  readonly earned: boolean;
  /** Not earned, and within 10 % of its limit. */
  readonly marginal: boolean;
  /** About how many more outcomes it takes, in tens; 0 when earned, null when more outcomes alone will not do. */
  readonly needs: number | null;
}

/** How each tier stands by the bound on ECE over the whole ring (CALIBRATION.md section 6). */
export function tierStandings(state: CalibrationState): TierStanding[] {
  return TIERS.map((tier) => {
    const { ece: limit, labels } = GATE.tiers[tier];
    const evidence = state.whole;
    if (evidence === null) return { tier, limit, earned: false, marginal: false, needs: tens(labels - state.n) };
    const earned = isEarned(evidence, limit);
    const marginal = !earned && evidence.upper <= limit * GATE.marginal;
    return { tier, limit, earned, marginal, needs: earned ? 0 : outcomesUntil(state, limit) };
  });
}

/**
 * Highest tier that the evidence has earned, 0 to 4. An alarm of the calibration detector costs one tier for as long
 * as `caution` lasts; it never changes a scope.
 */
export function earnedTier(state: CalibrationState): number {
  if (state.whole === null) return 0;
  let earned = 0;
  for (let i = 0; i < TIERS.length; i++) {
    const tier = TIERS[i];
    if (tier !== undefined && isEarned(state.whole, GATE.tiers[tier].ece)) earned += 1;
  }
  return state.caution > 0 ? Math.max(0, earned - 1) : earned;
}

/** What the next tier takes, e.g. "suggest needs about 180 more outcomes"; null when all are earned. */
export function nextTierInWords(state: CalibrationState): string | null {
  const next = tierStandings(state)[earnedTier(state)];
  return next === undefined ? null : tierInWords(state, next);
}

/** The number that a tier which is not earned needs, or that an alarm costs it. */
export function tierInWords(state: CalibrationState, { tier, limit, earned, needs }: TierStanding): string {
  if (needs !== null && needs > 0) return `${tier} needs about ${needs} more outcomes`;
  if (earned) return `${tier} needs ${state.caution} more labels without an alarm of calibration`;
  const upper = state.whole?.upper.toFixed(3) ?? 'unknown';
  return `${tier} needs an upper bound of ECE of at most ${limit.toFixed(2)}; it is ${upper}`;
}

function isEarned(evidence: EceEstimate, limit: number): boolean {
  return evidence.upper <= limit;
}

/** The margin shrinks with the square root of n; the ECE itself is taken to stay, and the ring to hold 1000. */
function outcomesUntil(state: CalibrationState, limit: number): number | null {
  const evidence = state.whole;
  if (evidence === null || evidence.ece >= limit) return null;
  const margin = evidence.upper - evidence.ece;
  const total = evidence.n * (margin / (limit - evidence.ece)) ** 2;
  return total > state.outcomes.q.length ? null : tens(total - evidence.n);
}

function tens(count: number): number {
  return Math.max(10, Math.ceil(count / 10) * 10);
}
