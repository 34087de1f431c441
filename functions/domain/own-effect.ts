import type { JobItem } from '../../schemas/items/job.ts';

/**
 * The decision whose effect on this round, own or approved, may have brought about the one after it: the scheduler was touched, and
 * that was not taken back. A touch that began and of which nothing is known yet counts, for its resubmission may be faster.
 */
export function touchedBy(row: Pick<JobItem, 'decision' | 'effect' | 'approved_effect' | 'acting'>): string | null {
  const { acting } = row;
  const effects = [row.approved_effect, row.effect].filter((effect) => effect !== undefined);
  const isKnown = effects.some(
    ({ decisionId, at }) => decisionId === acting?.decisionId && Date.parse(at) >= Date.parse(acting.at),
  );
  const unknown = acting !== undefined && !isKnown ? acting : undefined;
  const touch = unknown ?? effects.find(({ intervened, status }) => intervened && status !== 'undone');
  // An approved effect has an id of its own, and is of the same decision.
  return touch === undefined ? null : (row.decision?.decisionId ?? touch.decisionId);
}
