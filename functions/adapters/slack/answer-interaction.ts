import { answerClick } from './answer-click.ts';
import type { ClickPorts } from './click-ports.ts';
import { answerDenial } from './deny.ts';
import type { Interaction } from './interaction.ts';

/**
 * Answers an interaction that was accepted.
 * @returns what Slack shows in place of a submitted modal; null if there is nothing to show
 */
export async function answerInteraction(
  ports: ClickPorts,
  interaction: Extract<Interaction, { kind: 'click' | 'denial' | 'ignored' }>,
): Promise<Record<string, unknown> | null> {
  if (interaction.kind === 'denial') return answerDenial(ports, interaction.denial);
  if (interaction.kind === 'click') await answerClick(ports, interaction.click);
  return null;
}
