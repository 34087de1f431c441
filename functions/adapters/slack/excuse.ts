import { REASON_FIELD } from '../../../schemas/ports/slack.ts';
import { NOTHING_DONE, PERHAPS_NOT_DONE } from '../../domain/answer-words.ts';
import { answerInteraction } from './answer-interaction.ts';
import type { ClickPorts } from './click-ports.ts';
import { tellPrivately } from './private-reply.ts';
import type { Accepted, Received } from './receive.ts';

/** For the sender, where the person who clicked could not be told. */
export const NOT_TOLD = { message: PERHAPS_NOT_DONE };

/**
 * Answers what was received, or tells the person who clicked that nothing, or perhaps not everything, came of it.
 * @param mayPass whether an error is no fault of ours, so that the same click may be answered later
 * @returns what Slack shows in place of a modal; null for nothing
 */
export async function answerOrExcuse(
  ports: ClickPorts,
  received: Exclude<Received, { kind: 'refused' }>,
  mayPass: (error: unknown) => boolean,
): Promise<Record<string, unknown> | null> {
  const sorry = (interaction: Accepted, error: unknown, text: string) => {
    if (!mayPass(error)) throw error;
    ports.warn('a click was not answered', error);
    return excuse(ports, interaction, text);
  };
  if (received.kind === 'ignored') return null;
  if (received.kind === 'notStored') return sorry(received.interaction, received.error, NOTHING_DONE);
  return answerInteraction(ports, received).catch((error: unknown) => sorry(received, error, PERHAPS_NOT_DONE));
}

/** A modal stays open with the reason that was typed, so that it can be submitted again. */
async function excuse(ports: ClickPorts, interaction: Accepted, text: string) {
  if (interaction.kind === 'denial') return { response_action: 'errors', errors: { [REASON_FIELD]: text } };
  return (await tellPrivately(ports, interaction.click, text)) ? null : NOT_TOLD;
}
