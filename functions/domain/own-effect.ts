import type { JobItem } from '../../schemas/items/job.ts';

/**
 * The decision whose effect on this round, own or approved, may have caused the next round: it touched the scheduler and was not
 * undone. An effect that began and is not recorded yet counts too, because the resubmission may arrive first.
 */
export function touchedBy(row: Pick<JobItem, 'decision' | 'effect' | 'approved_effect' | 'acting'>): string | null {
  const effects = [row.approved_effect, row.effect].filter((effect) => effect !== undefined);
  const touch = unknownTouch(row) ?? effects.find(({ intervened, status }) => intervened && status !== 'undone');
  // An approved effect has its own id but belongs to the same decision.
  return touch === undefined ? null : (row.decision?.decisionId ?? touch.decisionId);
}

/** An effect on queueing that began and is not recorded yet. */
export function unknownTouch({
  acting,
  effect,
  approved_effect,
}: Pick<JobItem, 'effect' | 'approved_effect' | 'acting'>): JobItem['acting'] {
  if (acting === undefined || acting.note) return undefined;
  const isKnown = [approved_effect, effect].some(
    (known) => known?.decisionId === acting.decisionId && Date.parse(known.at) >= Date.parse(acting.at),
  );
  return isKnown ? undefined : acting;
}

/** Whether the scheduler was touched before a given time, by the agent or with an approval. */
export function isTouched(row: JobItem, at: string): boolean {
  const { effect, approved_effect, acting } = row;
  if (effect?.intervened) return true;
  const isBefore = (other: string): boolean => Date.parse(other) <= Date.parse(at);
  // It may have taken effect before it was recorded: a doubtful label must not teach.
  const unknown = unknownTouch(row);
  if (unknown !== undefined && isBefore(unknown.at)) return true;
  if (approved_effect?.intervened !== true) return false;
  // The record of an undone effect carries the time of the undo.
  const began = acting?.decisionId === approved_effect.decisionId ? acting.at : approved_effect.at;
  return isBefore(began);
}
