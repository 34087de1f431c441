import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { percent, timeBeside } from '../../domain/question-words.ts';
import { button, buttons, context, plain, section, sections } from './blocks.ts';
import { questionLines } from './cards.ts';
import type { Slack, SlackMessage } from './client.ts';
import { clockTime } from './wording.ts';

/**
 * The card that lists the questions beyond those with cards of their own, each uncut, since it can be answered from here.
 * @param pinned carried by the buttons: exactly these questions
 */
export function listCard(slack: Pick<Slack, 'link'>, pinned: string, open: readonly ApprovalItem[]): SlackMessage {
  const { length } = open;
  const title = `${length} more ${length === 1 ? 'question waits' : 'questions wait'} for a human`;
  const all = length === 1 ? 'this one' : `all ${length}`;
  return {
    text: title,
    blocks: [
      section(`🚨 *${title}* in this channel:`),
      ...open.flatMap((approval, index) => sections(...lines(slack, approval, index + 1))),
      buttons(pinned, [
        button('approveAll', `Approve ${all}`, { style: 'primary', confirm: confirmation('Approve', all) }),
        button('denyAll', `Deny ${all}`, { style: 'danger', confirm: confirmation('Deny', all) }),
      ]),
      context(
        'The buttons apply to what is listed here and to nothing that comes later. Each has its own card in the thread.',
      ),
    ],
  };
}

/** The list once none of its questions is open. */
export function quietCard(now: Date): SlackMessage {
  const text = `All questions in this list are answered or closed, ${clockTime(now.toISOString())}.`;
  return { text, blocks: [section(text)] };
}

function lines(slack: Pick<Slack, 'link'>, approval: ApprovalItem, number: number): string[] {
  const { pinned, expires_at: until, requested_at: asked, channel, card_ts: ts } = approval;
  const [what = '', whose = ''] = questionLines(approval);
  const { q } = pinned.prediction;
  const link = channel && ts ? ` · <${slack.link({ channel, ts })}|its card>` : '';
  const risk = q === null ? '' : ` · q ${percent(q)}`;
  return [`*${number}.* ${what}`, `${whose}${risk} · until ${timeBeside(until, asked)}${link}`];
}

function confirmation(verb: string, all: string) {
  return {
    title: plain(`${verb} ${all}?`),
    text: plain('Each is answered as if you had pressed its own button. What you may not answer stays open.'),
    confirm: plain(verb),
    deny: plain('Back'),
  };
}
