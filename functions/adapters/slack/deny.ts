import type { ModalView } from '@slack/types';
import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { DENY_MODAL, REASON_FIELD } from '../../../schemas/ports/slack.ts';
import { answerApproval, REASON_LENGTH, reasonOf, type Taken } from '../../application/approvals/answer-approval.ts';
import { note } from '../../application/approvals/audit.ts';
import { settle } from '../../application/approvals/settle.ts';
import { DENIED_WITHOUT_REASON } from '../../domain/answer-words.ts';
import { nothingWords } from '../../domain/question-words.ts';
import { plain, section, sections } from './blocks.ts';
import { aboutLine } from './cards.ts';
import { type ClickPorts, throughClick } from './click-ports.ts';
import { whyNotCounted } from './click-reply.ts';
import type { Click, Denial } from './interaction.ts';
import { person } from './wording.ts';

/**
 * Asks for a reason in a modal; submitting it denies. If the modal cannot be opened, because the three seconds are over or
 * Slack does not answer, the approval is denied without a reason: a click on Deny must never leave a question open.
 * @returns null if the modal is open and nothing is decided yet
 */
export async function denyOrAskWhy(ports: ClickPorts, approval: ApprovalItem, click: Click): Promise<Taken | null> {
  const stillOpen = approval.status === 'pending' && ports.now.getTime() < Date.parse(approval.expires_at);
  if (stillOpen && click.triggerId !== undefined) {
    try {
      await ports.slack.openModal(click.triggerId, whyModal(approval));
      await note(ports, approval, click.by, 'was asked why');
      return null;
    } catch (error) {
      ports.warn('the modal could not be opened: denied without a reason', error);
    }
  }
  const by = { kind: 'slack', id: click.by } as const;
  const answer = { approvalId: approval.approval_id, by, decision: 'denied', reason: DENIED_WITHOUT_REASON } as const;
  const taken = await answerApproval(ports, answer, (decided) => settle(throughClick(ports, click), decided));
  if (taken.outcome === 'decided') await askWhyInThread(ports, taken.approval, click.by);
  return taken;
}

/**
 * Handles a submitted modal.
 * @returns what Slack shows in its place; null closes it
 */
export async function answerDenial(
  ports: ClickPorts,
  { approvalId, by, reason }: Denial,
): Promise<Record<string, unknown> | null> {
  const words = reasonOf(reason);
  const answer = { approvalId, decision: 'denied', reason: words || DENIED_WITHOUT_REASON } as const;
  const taken = await answerApproval(ports, { ...answer, by: { kind: 'slack', id: by } }, (denied) =>
    settle(ports, denied),
  );
  const text = whyNotCounted(taken);
  return text === null ? null : { response_action: 'update', view: sorryModal(text) };
}

async function askWhyInThread(ports: ClickPorts, { channel, card_ts: ts }: ApprovalItem, by: string): Promise<void> {
  if (channel === undefined || ts === undefined) return;
  const text = `${person(by)}, you denied this. Please say why in this thread, so that the next person knows.`;
  await ports.slack
    .post(channel, { text: 'Please say why', blocks: [section(text)] }, ts)
    .catch((error: unknown) => ports.warn('nobody was asked why', error));
}

function whyModal(approval: ApprovalItem): ModalView {
  const keep = approval.question === 'keep';
  const consequence = `Then ${nothingWords(approval)}. If you close this, the question stays open.`;
  return {
    type: 'modal',
    callback_id: DENY_MODAL,
    private_metadata: approval.approval_id,
    title: plain(keep ? 'Release the hold?' : 'Deny this action?'),
    submit: plain(keep ? 'Release' : 'Deny'),
    close: plain('Back'),
    blocks: [
      ...sections(aboutLine(approval), consequence),
      {
        type: 'input',
        block_id: REASON_FIELD,
        optional: true,
        label: plain('Why?'),
        hint: plain('Everybody who sees the card can read it.'),
        element: {
          type: 'plain_text_input',
          action_id: REASON_FIELD,
          multiline: true,
          max_length: REASON_LENGTH,
        },
      },
    ],
  };
}

function sorryModal(text: string): ModalView {
  return { type: 'modal', title: plain('Not counted'), close: plain('Close'), blocks: [section(text)] };
}
