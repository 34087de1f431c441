import { ChannelNotConnected, type QuestionMessages } from '../../application/approvals/messages.ts';
import { readSecret, SecretUnavailable } from '../aws/secrets.ts';
import { type Slack, type SlackOptions, slackClient } from '../slack/client.ts';
import { questionMessages, stateMessages } from '../slack/question-messages.ts';

export interface BotSettings {
  SLACK_API_BASE_URL: string;
  SLACK_BOT_TOKEN_NAME: string;
}

/** Slack as the bot. Without a token every call throws ChannelNotConnected. */
export function slackBot(settings: BotSettings, limits: Partial<SlackOptions> = {}): Slack {
  const botToken = () =>
    readSecret(settings.SLACK_BOT_TOKEN_NAME).catch((error: unknown) => {
      if (!(error instanceof SecretUnavailable)) throw error;
      throw new ChannelNotConnected(error.message, { cause: error });
    });
  return slackClient({ baseUrl: settings.SLACK_API_BASE_URL, botToken, ...limits });
}

export function questionMessagesFor(settings: BotSettings, limits?: Partial<SlackOptions>): QuestionMessages {
  return questionMessages(slackBot(settings, limits));
}

/** Only the messages that show a question again, or how it was decided. */
export function stateMessagesFor(settings: BotSettings): Pick<QuestionMessages, 'showQuestion' | 'showState'> {
  return stateMessages(slackBot(settings));
}
