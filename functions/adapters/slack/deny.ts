import type { ModalView } from '@slack/types';
import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { DENY_MODAL, REASON_FIELD } from '../../../schemas/ports/slack.ts';
import { nothingWords } from '../../domain/question-words.ts';
import { answerApproval, note, REASON_LENGTH, reasonOf, type Taken } from '../answer-approval.ts';
import { plain, section, sections } from './blocks.ts';
import { aboutLine, DENIED_WITHOUT_REASON } from './cards.ts';
import type { ResumingEdges } from './edges.ts';
import type { Click, Denial } from './interaction.ts';
import { settle } from './settle.ts';
import { cardOf, explanation } from './taken.ts';
import { person } from './wording.ts';

/**
 * Asks why in a modal; the answer to it denies. When the modal cannot be opened, since the three seconds are over or Slack
 * does not answer, it is denied without a reason, because a click on Deny must never leave a question open.
 * @returns null when the modal is open and nothing is decided yet
 */
export async function denyOrAskWhy(edges: ResumingEdges, approval: ApprovalItem, click: Click): Promise<Taken | null> {
  const stillOpen = approval.status === 'pending' && edges.now.getTime() < Date.parse(approval.expires_at);
  if (stillOpen && click.triggerId !== undefined) {
    try {
      await edges.slack.openModal(click.triggerId, whyModal(approval));
      await note(edges, approval, click.by, 'was asked why');
      return null;
    } catch (error) {
      edges.warn('the modal could not be opened: denied without a reason', error);
    }
  }
  const by = { kind: 'slack', id: click.by } as const;
  const answer = { approvalId: approval.approval_id, by, decision: 'denied', reason: DENIED_WITHOUT_REASON } as const;
  const taken = await answerApproval(edges, { ...answer, at: edges.now }, (now, decided) =>
    settle(now, decided, { secondWay: cardOf(edges, click) }),
  );
  if (taken.outcome === 'decided') await askWhyInThread(edges, taken.approval, click.by);
  return taken;
}

/**
 * Takes a modal that was sent off.
 * @returns what Slack shows in its place; null closes it
 */
export async function answerDenial(
  edges: ResumingEdges,
  { approvalId, by, reason }: Denial,
): Promise<Record<string, unknown> | null> {
  const words = reasonOf(reason);
  const answer = { approvalId, decision: 'denied', reason: words || DENIED_WITHOUT_REASON, at: edges.now } as const;
  const taken = await answerApproval(edges, { ...answer, by: { kind: 'slack', id: by } }, (now, denied) =>
    settle(now, denied),
  );
  const text = explanation(taken);
  return text === null ? null : { response_action: 'update', view: sorryModal(text) };
}

async function askWhyInThread(edges: ResumingEdges, { channel, card_ts: ts }: ApprovalItem, by: string): Promise<void> {
  if (channel === undefined || ts === undefined) return;
  const text = `${person(by)}, you denied this. Please say why in this thread, so that the next person knows.`;
  await edges.slack
    .post(channel, { text: 'Please say why', blocks: [section(text)] }, ts)
    .catch((error: unknown) => edges.warn('nobody was asked why', error));
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
