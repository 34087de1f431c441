import type { ContextBlock } from '@slack/types';
import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { plainExplanation } from '../../domain/explanation.ts';
import { prose } from './escape.ts';

const LIMIT = 900;

/** The explanation of a request in plain words: the model's where one was accepted, else our own. Never formatted. */
export function explanationBlock({ explanation, pinned }: Pick<ApprovalItem, 'explanation' | 'pinned'>): ContextBlock {
  const text = prose(explanation ?? plainExplanation(pinned), LIMIT);
  const whose = explanation === undefined ? 'In words' : 'In words (written by a model from the numbers above)';
  return { type: 'context', elements: [{ type: 'mrkdwn', verbatim: true, text: `_${whose}:_ ${text}` }] };
}
