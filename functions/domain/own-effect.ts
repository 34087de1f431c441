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

/** Whether the scheduler was touched before a moment: by the agent itself, or on a human's word. */
export function isTouched(row: JobItem, at: string): boolean {
  const { effect, approved_effect, acting } = row;
  if (effect?.intervened) return true;
  const isBefore = (other: string): boolean => Date.parse(other) <= Date.parse(at);
  // It may have worked at once, before anything of it was on record: a doubtful label must not teach.
  const unknown = unknownTouch(row);
  if (unknown !== undefined && isBefore(unknown.at)) return true;
  if (approved_effect?.intervened !== true) return false;
  // The record of one that was taken back since bears the time of that.
  const began = acting?.decisionId === approved_effect.decisionId ? acting.at : approved_effect.at;
  return isBefore(began);
}
