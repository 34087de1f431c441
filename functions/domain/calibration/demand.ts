import { NUMBERS, type Numbers, TOKEN } from '../thresholds.ts';
import type { TierRules } from '../tier-rules.ts';

/**
 * The demand of a tier after one more call: the most that is open at once, fading. Tokens alone would starve a busy cluster with a
 * large T, for no label can come sooner than T.
 *
 * @param open jobs that call for exactly this tier and have no label yet, the present one included
 */
export function demandAfter(demand: number, open: number, { tokens }: Numbers = NUMBERS): number {
  return Math.max(open, tokens.demandKept * demand);
}

/** The cap on a tier's tokens that a demand raises, in ten-thousandths. */
export function capFor({ cap }: Pick<TierRules, 'cap'>, demand: number, { tokens }: Numbers = NUMBERS): number {
  return Math.max(cap, Math.floor(tokens.openToCap * demand * TOKEN));
}
