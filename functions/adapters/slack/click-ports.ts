import { MessageGone, type QuestionMessages } from '../../application/approvals/messages.ts';
import type { ClickStore, ResumingPorts } from '../../application/approvals/ports.ts';
import { settledCard } from './cards.ts';
import type { Slack } from './client.ts';
import type { Click } from './interaction.ts';

/** What a click reaches: the use cases' ports, and Slack itself for what only concerns whoever clicked. */
export interface ClickPorts extends ResumingPorts<ClickStore> {
  slack: Slack;
}

/** The same ports with a second way to the card that was clicked: the response URL of the click replaces it. */
export function throughClick(ports: ClickPorts, { responseUrl }: Click): ClickPorts {
  if (responseUrl === undefined) return ports;
  const { messages, slack } = ports;
  const showState: QuestionMessages['showState'] = async (message, approval, now) => {
    try {
      await messages.showState(message, approval, now);
    } catch (error) {
      if (error instanceof MessageGone) throw error;
      if (!(await slack.replace(responseUrl, settledCard(approval, now)).catch(() => false))) throw error;
    }
  };
  return { ...ports, messages: { ...messages, showState } };
}
