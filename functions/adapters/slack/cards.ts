import type { ActionsBlock, ConfirmationDialog, PlainTextElement, SectionBlock } from '@slack/types';
import type { AnsweredIn, ApprovalItem } from '../../../schemas/items/approval.ts';
import type { CardAction } from '../../../schemas/ports/slack.ts';
import { undoState, undoUntil } from '../../domain/undoing.ts';
import type { SlackMessage } from './client.ts';
import { prose } from './escape.ts';
import { explanationBlock } from './explanation.ts';
import {
  alternativeWords,
  calibrationMark,
  clockTime,
  deed,
  effectWords,
  evidenceWords,
  firstReason,
  person,
  predictionWords,
  silenceWords,
  tierWords,
} from './wording.ts';

/** What is recorded where nobody said why; not worth a line on the card. */
export const DENIED_WITHOUT_REASON = 'denied without a reason';
/** Slack's limit for the text of a section. */
export const SECTION_LIMIT = 3_000;
const HEADLINE = '🚨 *Human Review Needed*';

/** The card of a pending approval: what is asked, why, on what evidence, and what silence means. */
export function requestCard(approval: ApprovalItem): SlackMessage {
  const { pinned, question, approval_id: id } = approval;
  const keep = question === 'keep';
  const asked = keep
    ? `*A hold is in place. Keep it, or release it?*\n${deed(pinned)}`
    : `*What would be done:* ${deed(pinned)}`;
  const { evidence, tier } = pinned;
  return {
    text: `Human review needed: ${keep ? 'keep or release a hold' : 'an action waits for an answer'}`,
    blocks: [
      section(HEADLINE, `*Why:* ${firstReason(pinned)}`),
      section(asked),
      section(
        '*What it rests on:*',
        `${calibrationMark(evidence.score)} · ${evidenceWords(evidence)} · ${tierWords(tier)}`,
        predictionWords(pinned),
      ),
      explanationBlock(approval),
      section(
        `*If nobody answers by ${clockTime(approval.expires_at)}:* ${silenceWords(question)}.`,
        ...(keep ? [] : [`*Instead you could:* ${alternativeWords(approval.alternatives, pinned.prediction)}`]),
      ),
      buttons(id, [
        { ...button('approve', keep ? 'Keep hold' : 'Approve'), style: 'primary' },
        { ...button('deny', keep ? 'Release' : 'Deny'), style: 'danger' },
        button('details', 'Details'),
        FREEZE_BUTTON,
      ]),
    ],
  };
}

/** For an incoming webhook, which only speaks: the question without a button, and where it can be answered. */
export function noticeCard(approval: ApprovalItem): SlackMessage {
  const { text, blocks } = requestCard(approval);
  return {
    text,
    blocks: [
      ...blocks.filter(({ type }) => type === 'section'),
      section(
        '*Nothing can be answered here.* Open the approvals page of the console, or run ' +
          `\`npm run approve -- ${approval.approval_id}\`.`,
      ),
    ],
  };
}

/** For an incoming webhook: what the agent did alone, and where it can be undone. */
export function undoNotice(approval: ApprovalItem, now: Date): SlackMessage {
  const { text, blocks } = settledCard({ ...approval, undo_seconds: 0 }, now);
  const until = clockTime(new Date(undoUntil(approval)).toISOString());
  return {
    text,
    blocks: [
      ...blocks.filter(({ type }) => type === 'section'),
      section(
        '*Nothing can be undone in this channel.* ' +
          `Until ${until} use the approvals page of the console, or run \`npm run approve -- ${approval.approval_id} --undo\`.`,
      ),
    ],
  };
}

/** The card of a decided approval: its true state and what came of it; only Undo is left to press, while it works. */
export function settledCard(approval: ApprovalItem, now: Date): SlackMessage {
  const { pinned, approval_id: id } = approval;
  const undo = undoState(approval, now);
  return {
    text: approval.status === 'alone' ? 'The agent did something alone' : `Human review: ${approval.status}`,
    blocks: [
      section(stateWords(approval), ...reasonWords(approval), ...effectWords(approval, undo)),
      section(deed(pinned), calibrationMark(pinned.evidence.score)),
      ...(approval.status === 'alone' ? [section(`_You are told because:_ ${firstReason(pinned)}`)] : []),
      ...(undo === 'open'
        ? [
            section(`It can be undone here until ${clockTime(new Date(undoUntil(approval)).toISOString())}.`),
            buttons(id, [button('undo', 'Undo')]),
          ]
        : []),
    ],
  };
}

/** What `settledCard` shows, in a word: the card needs an update when this has changed. */
export function cardState(approval: ApprovalItem, now: Date): string {
  const { status, effect, decided_at } = approval;
  return [status, decided_at, effect?.status ?? 'no effect', effect?.at, undoState(approval, now)].join(' ');
}

/** A second card of the same approval, posted by a crash in between: points to the one that counts. */
export function supersededCard(): SlackMessage {
  const text = 'This request is shown in another card.';
  return { text, blocks: [section(text)] };
}

/** How an approval ended, in a sentence. Timeout is worded as timeout: nobody said no. */
export function stateWords(approval: ApprovalItem): string {
  const keep = approval.question === 'keep';
  const by = `${person(approval.decided_by ?? '')}${VIA[approval.decided_via ?? 'slack']}`;
  const at = clockTime(approval.decided_at ?? approval.expires_at);
  switch (approval.status) {
    case 'pending':
      // Only ever said to somebody who was too late: an open question has a card of its own.
      return `⏳ *Expired*: the time to answer ended ${clockTime(approval.expires_at)}; ${silenceWords(approval.question)}.`;
    case 'approved':
      return keep ? `✅ *Hold kept* by ${by}, ${at}.` : `✅ *Approved* by ${by}, ${at}.`;
    case 'denied':
      return keep ? `↩️ *Release* decided by ${by}, ${at}.` : `⛔ *Denied* by ${by}, ${at}; nothing is done.`;
    case 'expired':
      return `⏳ *Expired*: nobody answered by ${clockTime(approval.expires_at)}; ${silenceWords(approval.question)}.`;
    case 'void':
      return `🚫 *Void*, ${at}: ${prose(approval.decided_reason ?? 'it no longer fits the world', 400)}. Nothing is done.`;
    case 'alone':
      return `🤖 *Done by the agent alone*, ${at}; nobody was asked.`;
  }
}

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

/** The reason of a denial, in the words of whoever denied. */
function reasonWords({ status, decided_reason, decided_via }: ApprovalItem): string[] {
  if (status !== 'denied' || decided_via === undefined || !decided_reason) return [];
  if (decided_reason === DENIED_WITHOUT_REASON) return [];
  return [`_Why:_ ${prose(decided_reason, 600)}`];
}

const VIA: Readonly<Record<AnsweredIn, string>> = {
  slack: '',
  console: ' in the console',
  cli: ' on the command line',
};

interface Pressable {
  type: 'button';
  action_id: CardAction;
  text: PlainTextElement;
  style?: 'primary' | 'danger';
  confirm?: ConfirmationDialog;
}

const plain = (text: string): PlainTextElement => ({ type: 'plain_text', text, emoji: true });

export function button(action: CardAction, label: string): Pressable {
  return { type: 'button', action_id: action, text: plain(label) };
}

/** Stops more than this question, so it asks once more. */
const FREEZE_BUTTON: Pressable = {
  ...button('freeze', 'Freeze cluster'),
  confirm: {
    title: plain('Freeze this cluster?'),
    text: plain('The agent will do nothing at all on this cluster until somebody unfreezes it.'),
    confirm: plain('Freeze'),
    deny: plain('Leave it'),
  },
};

/** Buttons carry the id and nothing else. */
export function buttons(value: string, all: readonly Pressable[]): ActionsBlock {
  return { type: 'actions', elements: all.map((one) => ({ ...one, value })) };
}
