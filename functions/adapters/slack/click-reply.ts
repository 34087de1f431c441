import type { Taken } from '../../application/approvals/answer-approval.ts';
import { stateWords } from './cards.ts';
import { prose } from './escape.ts';

/** What a person reads whose answer did not count; null when it did. */
export function whyNotCounted(taken: Taken): string | null {
  switch (taken.outcome) {
    case 'unknown':
      return 'This request is not known here any more.';
    case 'refused':
      return `You cannot answer this one: ${prose(taken.why, 300)}.`;
    case 'tooLate':
      return stateWords(taken.approval);
    case 'decided':
      return null;
  }
}
