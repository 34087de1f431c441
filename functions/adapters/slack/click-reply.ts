import type { Taken } from '../../application/approvals/answer-approval.ts';
import { stateWords } from './cards.ts';
import { prose } from './escape.ts';

/** The reply to a person whose answer did not count; null if it did. */
export function whyNotCounted(taken: Taken): string | null {
  switch (taken.outcome) {
    case 'unknown':
      return 'This request is no longer known here.';
    case 'refused':
      return `You cannot answer this one: ${prose(taken.why, 300)}.`;
    case 'tooLate':
      return stateWords(taken.approval);
    case 'decided':
      return null;
  }
}
