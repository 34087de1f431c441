import { NUMBERS, type Numbers, TOKEN } from '../thresholds.ts';
import type { TierRules } from '../tier-numbers.ts';

/**
 * The demand of a tier after one more call: a decaying maximum of the calls open at once. With a fixed cap, a busy cluster with
 * a large T would starve, since no label can come before T.
 *
 * @param open jobs that call for exactly this tier and have no label yet, including this one
 */
export function demandAfter(demand: number, open: number, { tokens }: Numbers = NUMBERS): number {
  return Math.max(open, tokens.demandKept * demand);
}

/** The cap on a tier's tokens, raised by demand, in ten-thousandths. */
export function capFor({ cap }: Pick<TierRules, 'cap'>, demand: number, { tokens }: Numbers = NUMBERS): number {
  return Math.max(cap, Math.floor(tokens.openToCap * demand * TOKEN));
}
