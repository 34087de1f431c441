import type { JobItem } from '../../schemas/items/job.ts';

/**
 * The decision whose effect on this round, own or approved, may have brought about the one after it: the scheduler was touched, and
 * that was not taken back. A touch that began and of which nothing is known yet counts, for its resubmission may be faster.
 */
export function touchedBy(row: Pick<JobItem, 'decision' | 'effect' | 'approved_effect' | 'acting'>): string | null {
  const effects = [row.approved_effect, row.effect].filter((effect) => effect !== undefined);
  const touch = unknownTouch(row) ?? effects.find(({ intervened, status }) => intervened && status !== 'undone');
  // An approved effect has an id of its own, and is of the same decision.
  return touch === undefined ? null : (row.decision?.decisionId ?? touch.decisionId);
}

/** A touch of the scheduler that began and of which nothing is on record yet. */
export function unknownTouch({
  acting,
  effect,
  approved_effect,
}: Pick<JobItem, 'effect' | 'approved_effect' | 'acting'>): JobItem['acting'] {
  if (acting === undefined) return undefined;
  const isKnown = [approved_effect, effect].some(
    (known) => known?.decisionId === acting.decisionId && Date.parse(known.at) >= Date.parse(acting.at),
  );
  return isKnown ? undefined : acting;
}
