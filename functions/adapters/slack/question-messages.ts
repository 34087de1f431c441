import type { MessageRef, QuestionMessages } from '../../application/approvals/messages.ts';
import { MessageGone } from '../../application/approvals/messages.ts';
import { requestCard, settledCard, supersededCard } from './cards.ts';
import type { Slack, SlackMessage } from './client.ts';
import { SlackRefused } from './errors.ts';
import { frozenMessage, unfrozenMessage } from './freeze-messages.ts';
import { listCard, quietCard } from './list-card.ts';
import { reminderMessage } from './reminder.ts';

/** Questions as cards in Slack. */
export function questionMessages(slack: Slack): QuestionMessages {
  const list = (of: Parameters<QuestionMessages['showList']>[1]): SlackMessage =>
    of.id === null ? quietCard(of.at) : listCard(slack, of.id, of.open);
  return {
    ...stateMessages(slack),
    postQuestion: (channel, approval, below) => slack.post(channel, requestCard(approval), below?.ts),
    showSuperseded: (message) => change(slack, message, supersededCard()),
    postList: (channel, of) => slack.post(channel, list(of)),
    showList: (message, of) => change(slack, message, list(of)),
    listState: (of) => JSON.stringify(list(of).blocks),
    remind: (question, approval, who) => reply(slack, question, reminderMessage(approval, who)),
    reportFreeze: (question, approval, by, now) => reply(slack, question, frozenMessage(approval, by, now)),
    reportUnfreeze: (question, approval, by, now) => reply(slack, question, unfrozenMessage(approval, by, now)),
  };
}

/** Only the messages that update cards. */
export function stateMessages(slack: Pick<Slack, 'update'>): Pick<QuestionMessages, 'showQuestion' | 'showState'> {
  return {
    showQuestion: (message, approval) => change(slack, message, requestCard(approval)),
    showState: (message, approval, now) => change(slack, message, settledCard(approval, now)),
  };
}

/** Replaces a message. @throws MessageGone if it no longer exists */
export async function change(slack: Pick<Slack, 'update'>, card: MessageRef, message: SlackMessage): Promise<void> {
  try {
    await slack.update(card, message);
  } catch (error) {
    if (error instanceof SlackRefused && error.messageGone) throw new MessageGone(error.message, { cause: error });
    throw error;
  }
}

async function reply(slack: Slack, { channel, ts }: MessageRef, message: SlackMessage): Promise<void> {
  await slack.post(channel, message, ts);
}
