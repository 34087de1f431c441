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
import { notifier, type Send, wayToPeople } from '../slack/notifier.ts';
import { operatorMessages } from '../slack/operator-messages.ts';
import type { BotSettings } from './bot.ts';

/** Settings of a function that sends messages which need no answer: by the bot, otherwise by an incoming webhook. */
export const AnyWaySettings = {
  SLACK_API_BASE_URL: z.url({ protocol: /^https?$/ }),
  SLACK_BOT_TOKEN_NAME: z.string().default(''),
  SLACK_WEBHOOK_URL_NAME: z.string().default(''),
  SLACK_DEFAULT_CHANNEL: z.string().min(1),
};

type WaySettings = BotSettings & { SLACK_WEBHOOK_URL_NAME: string };

export async function effectMessagesFor(settings: WaySettings): Promise<EffectMessages> {
  return effectMessages(await wayToPeople(optionsOf(settings)));
}

export function digestMessagesFor(settings: WaySettings): DigestMessages {
  return digestMessages(sendFor(settings));
}

export function operatorMessagesFor(settings: WaySettings): OperatorMessages {
  return operatorMessages(sendFor(settings));
}

/** Posts a question through the incoming webhook when the bot cannot. */
export function noticeFor(settings: WaySettings): NonNullable<QuestionMessages['postNotice']> {
  const send = sendFor({ ...settings, SLACK_BOT_TOKEN_NAME: '' });
  return (channel, approval) => send(channel, noticeCard(approval));
}

function sendFor(settings: WaySettings): Send {
  return notifier(optionsOf(settings));
}

function optionsOf({ SLACK_API_BASE_URL, SLACK_BOT_TOKEN_NAME, SLACK_WEBHOOK_URL_NAME }: WaySettings) {
  return { baseUrl: SLACK_API_BASE_URL, botTokenName: SLACK_BOT_TOKEN_NAME, webhookUrlName: SLACK_WEBHOOK_URL_NAME };
}
