import type { ActionsBlock, SectionBlock } from '@slack/types';
import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import type { CardAction } from '../../../schemas/ports/slack.ts';
import type { SlackMessage } from './client.ts';
import { prose } from './escape.ts';
import {
  calibrationMark,
  clockTime,
  deed,
  evidenceWords,
  firstReason,
  person,
  predictionWords,
  silenceWords,
  tierWords,
} from './wording.ts';

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
      section(`*If nobody answers by ${clockTime(approval.expires_at)}:* ${silenceWords(question)}.`),
      buttons(id, keep),
    ],
  };
}

/** The card of a decided approval: its true state, and nothing left to press. */
export function settledCard(approval: ApprovalItem): SlackMessage {
  const state = stateWords(approval);
  return {
    text: `Human review: ${approval.status}`,
    blocks: [section(state), section(deed(approval.pinned), calibrationMark(approval.pinned.evidence.score))],
  };
}

/** A second card of the same approval, posted by a crash in between: points to the one that counts. */
export function supersededCard(): SlackMessage {
  const text = 'This request is shown in another card.';
  return { text, blocks: [section(text)] };
}

/** How an approval ended, in a sentence. Timeout is worded as timeout: nobody said no. */
export function stateWords(approval: ApprovalItem): string {
  const keep = approval.question === 'keep';
  const by = person(approval.decided_by ?? '');
  const at = clockTime(approval.decided_at ?? approval.expires_at);
  switch (approval.status) {
    case 'pending':
      return `⏳ *Expired*: the time to answer ended ${clockTime(approval.expires_at)}; ${silenceWords(approval.question)}.`;
    case 'approved':
      return keep ? `✅ *Hold kept* by ${by}, ${at}.` : `✅ *Approved* by ${by}, ${at}.`;
    case 'denied':
      return keep ? `↩️ *Hold released* by ${by}, ${at}.` : `⛔ *Denied* by ${by}, ${at}; nothing is done.`;
    case 'expired':
      return `⏳ *Expired*: nobody answered by ${clockTime(approval.expires_at)}; ${silenceWords(approval.question)}.`;
    case 'void':
      return `🚫 *Void*, ${at}: ${prose(approval.decided_reason ?? 'it no longer fits the world', 400)}. Nothing is done.`;
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

function buttons(approvalId: string, keep: boolean): ActionsBlock {
  const button = (action: CardAction, label: string) => ({
    type: 'button' as const,
    action_id: action,
    value: approvalId,
    text: { type: 'plain_text' as const, text: label, emoji: true },
  });
  return {
    type: 'actions',
    elements: [
      { ...button('approve', keep ? 'Keep hold' : 'Approve'), style: 'primary' },
      { ...button('deny', keep ? 'Release' : 'Deny'), style: 'danger' },
      button('details', 'Details'),
    ],
  };
}
