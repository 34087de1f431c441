import { REASON_FIELD } from '../../../schemas/ports/slack.ts';
import type { ClickPorts } from './click-ports.ts';
import type { Interaction } from './interaction.ts';
import { tellPrivately } from './private-reply.ts';

/**
 * Tells the person who clicked why nothing, or perhaps not everything, came of it. A modal stays open with the reason that was
 * typed, so that it can be submitted again.
 * @returns what Slack shows, as for any interaction; undefined where the person could not be told
 */
export async function excuse(
  ports: Pick<ClickPorts, 'slack' | 'warn'>,
  interaction: Extract<Interaction, { kind: 'click' | 'denial' }>,
  text: string,
): Promise<Record<string, unknown> | null | undefined> {
  if (interaction.kind === 'denial') return { response_action: 'errors', errors: { [REASON_FIELD]: text } };
  return (await tellPrivately(ports, interaction.click, text)) ? null : undefined;
}
