import type { JobItem } from '../../schemas/items/job.ts';

/**
 * The effect on this round, own or approved, that may have brought about the one after it: the scheduler was touched, and that was
 * not taken back. A touch that began and of which nothing is known yet counts, for its resubmission may be faster.
 */
export function touchedBy(row: Pick<JobItem, 'effect' | 'approved_effect' | 'acting'>): string | null {
  const { acting } = row;
  const effects = [row.approved_effect, row.effect].flatMap((effect) => (effect === undefined ? [] : [effect]));
  const known = acting === undefined || effects.some(({ at }) => Date.parse(at) >= Date.parse(acting.at));
  if (!known) return acting.decisionId;
  return effects.find(({ intervened, status }) => intervened && status !== 'undone')?.decisionId ?? null;
}
