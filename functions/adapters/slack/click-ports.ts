import { MessageGone, type QuestionMessages } from '../../application/approvals/messages.ts';
import type { ClickStore, ResumingPorts } from '../../application/approvals/ports.ts';
import { settledCard } from './cards.ts';
import type { Slack } from './client.ts';
import type { Click } from './interaction.ts';

/** The ports for a click: those of the use cases, and Slack itself for replies to the person who clicked. */
export interface ClickPorts extends ResumingPorts<ClickStore> {
  slack: Slack;
}

/** The same ports with a fallback for updating the clicked card: the click's response URL. */
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
