import type { ActionsBlock, ConfirmationDialog, ContextBlock, PlainTextElement, SectionBlock } from '@slack/types';
import type { CardAction } from '../../../schemas/ports/slack.ts';

/** Slack's limit for the text of a section. */
export const SECTION_LIMIT = 3_000;

/** One section, cut at Slack's limit. Whatever an approver relies on is bounded before it gets here. */
export function section(...lines: string[]): SectionBlock {
  const text = lines.join('\n');
  return {
    type: 'section',
    // verbatim: Slack must not turn names into links or mentions.
    text: {
      type: 'mrkdwn',
      verbatim: true,
      text: text.length > SECTION_LIMIT ? `${text.slice(0, SECTION_LIMIT - 1)}…` : text,
    },
  };
}

/** The fewest sections that hold all lines uncut. */
export function sections(...lines: string[]): SectionBlock[] {
  const parts: string[][] = [[]];
  let length = 0;
  for (const line of lines) {
    length += line.length + 1;
    if (length >= SECTION_LIMIT && parts.at(-1)?.length !== 0) {
      parts.push([]);
      length = line.length + 1;
    }
    parts.at(-1)?.push(line);
  }
  return parts.filter((part) => part.length > 0).map((part) => section(...part));
}

export function context(text: string): ContextBlock {
  return { type: 'context', elements: [{ type: 'mrkdwn', verbatim: true, text }] };
}

interface Pressable {
  type: 'button';
  action_id: CardAction;
  text: PlainTextElement;
  style?: 'primary' | 'danger';
  confirm?: ConfirmationDialog;
}

export const plain = (text: string): PlainTextElement => ({ type: 'plain_text', text, emoji: true });

export function button(action: CardAction, label: string, look: Pick<Pressable, 'style' | 'confirm'> = {}): Pressable {
  return { type: 'button', action_id: action, text: plain(label), ...look };
}

/** Buttons carry only an id. */
export function buttons(value: string, all: readonly Pressable[]): ActionsBlock {
  return { type: 'actions', elements: all.map((one) => ({ ...one, value })) };
}
