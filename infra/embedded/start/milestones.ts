import type { Verdict } from '../../../schemas/verdict.ts';

/** The highest tier that a cluster may do alone at the moment, tokens apart; 0 for none. */
export function mayAlone({ scope, earnedTier }: Pick<Verdict, 'scope' | 'earnedTier'>): number {
  return scope === 'escalate' ? 0 : earnedTier;
}
