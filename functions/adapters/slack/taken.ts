import type { Taken } from '../answer-approval.ts';
import { stateWords } from './cards.ts';
import type { ApprovalEdges } from './edges.ts';
import { prose } from './escape.ts';
import type { Click } from './interaction.ts';
import type { SecondWay } from './settle.ts';

/** What to tell the person whose answer did not count; null when it did. */
export function explanation(taken: Taken): string | null {
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

/** The response URL replaces the message that was clicked: the second way to the card. */
export function cardOf({ slack }: Pick<ApprovalEdges, 'slack'>, { responseUrl }: Click): SecondWay {
  return async (card) => responseUrl !== undefined && slack.replace(responseUrl, card);
}
