import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { silenceWords } from '../../domain/question-words.ts';
import { section } from './blocks.ts';
import type { SlackMessage } from './client.ts';
import { clockTime, person } from './wording.ts';

/** Posted in the thread of the card. */
export function reminderMessage(approval: ApprovalItem, who: readonly string[]): SlackMessage {
  const text =
    `⏰ Still open until ${clockTime(approval.expires_at)}; if nobody answers, ${silenceWords(approval)}. ` +
    (who.length > 0 ? who.map(person).join(' ') : 'The configuration of this cluster names nobody who may answer it.');
  return { text: 'A request is still waiting for an answer', blocks: [section(text)] };
}
