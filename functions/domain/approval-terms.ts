import type { ClusterConfig } from '../../schemas/config.ts';
import type { ApprovalItem, Subject } from '../../schemas/items/approval.ts';

/** What the card of a question promises besides the decision. */
export type Terms = Pick<ApprovalItem, 'alternatives' | 'remind_at' | 'undo_seconds' | 'cards_at_once'>;

/**
 * Fixes the promises of a card when the question is asked, so that a later configuration change does not alter what was shown.
 * The alternatives are the cluster's other configured actions on a waiting job; waiting itself is always one.
 */
export function termsOf(
  config: Pick<ClusterConfig, 'actions' | 'approvals'>,
  subject: Pick<Subject, 'arguments'>,
  ttlSeconds: number,
  now: Date,
): Terms {
  const { reminderMinutes, undoMinutes, cardsAtOnce } = config.approvals;
  const lifeMs = ttlSeconds * 1000;
  const leadMs = Math.min(reminderMinutes * 60_000, lifeMs / 2);
  const asked = subject.arguments;
  return {
    alternatives: config.actions.suggest
      .filter(({ action, target }) => action !== asked.action || target !== asked.target)
      .map(({ action, target }) => (target === undefined ? { action } : { action, target })),
    ...(leadMs > 0 && { remind_at: new Date(now.getTime() + lifeMs - leadMs).toISOString() }),
    undo_seconds: Math.round(undoMinutes * 60),
    cards_at_once: cardsAtOnce,
  };
}
