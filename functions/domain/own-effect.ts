import type { JobItem } from '../../schemas/items/job.ts';

/**
 * The decision whose effect on this round may have brought about the one after it: the scheduler was touched, and that was
 * not taken back. A touch that began and of which nothing is known yet counts, for its resubmission may be faster.
 */
export function touchedBy({ effect, acting }: Pick<JobItem, 'effect' | 'acting'>): string | null {
  const isKnown = acting === undefined || (effect !== undefined && Date.parse(effect.at) >= Date.parse(acting.at));
  if (!isKnown) return acting.decisionId;
  return effect?.intervened === true && effect.status !== 'undone' ? effect.decisionId : null;
}
