import * as z from 'zod';
import type {
  DigestMessages,
  EffectMessages,
  OperatorMessages,
  QuestionMessages,
} from '../../application/approvals/messages.ts';
import { noticeCard } from '../slack/cards.ts';
import { digestMessages } from '../slack/daily-digest.ts';
import { effectMessages } from '../slack/effect-messages.ts';
import { deliveryFrom, notifier, type Send } from '../slack/notifier.ts';
import { operatorMessages } from '../slack/operator-messages.ts';
import type { BotSettings } from './bot.ts';

/** Settings of a function that sends messages which need no answer: by the bot, otherwise by an incoming webhook. */
export const NoticeSettings = {
  SLACK_API_BASE_URL: z.url({ protocol: /^https?$/ }),
  SLACK_BOT_TOKEN_NAME: z.string().default(''),
  SLACK_WEBHOOK_URL_NAME: z.string().default(''),
  SLACK_DEFAULT_CHANNEL: z.string().min(1),
};

type ChannelSettings = BotSettings & { SLACK_WEBHOOK_URL_NAME: string };

export async function effectMessagesFor(settings: ChannelSettings): Promise<EffectMessages> {
  return effectMessages(await deliveryFrom(optionsOf(settings)));
}

export function digestMessagesFor(settings: ChannelSettings): DigestMessages {
  return digestMessages(sendFor(settings));
}

export function operatorMessagesFor(settings: ChannelSettings): OperatorMessages {
  return operatorMessages(sendFor(settings));
}

/** Posts a question through the incoming webhook when the bot cannot. */
export function noticeFor(settings: ChannelSettings): NonNullable<QuestionMessages['postNotice']> {
  const send = sendFor({ ...settings, SLACK_BOT_TOKEN_NAME: '' });
  return (channel, approval) => send(channel, noticeCard(approval));
}

function sendFor(settings: ChannelSettings): Send {
  return notifier(optionsOf(settings));
}

function optionsOf({ SLACK_API_BASE_URL, SLACK_BOT_TOKEN_NAME, SLACK_WEBHOOK_URL_NAME }: ChannelSettings) {
  return { baseUrl: SLACK_API_BASE_URL, botTokenName: SLACK_BOT_TOKEN_NAME, webhookUrlName: SLACK_WEBHOOK_URL_NAME };
}
