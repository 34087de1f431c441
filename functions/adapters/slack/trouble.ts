import type { VisitFailure } from '../../../schemas/machines/drift-monitor.ts';
import { section } from './blocks.ts';
import type { SlackMessage } from './client.ts';
import { code } from './escape.ts';

/** Nobody reads more names than this in a message; the execution lists them all. */
const NAMED = 20;

/** What is broken, what that means, and what to do next. */
export function troubleMessage(failures: readonly VisitFailure[]): SlackMessage {
  const headline = failures.length === 1 ? 'A cluster could not be visited' : 'Some clusters could not be visited';
  const named = failures.slice(0, NAMED).map(({ clusterId, error }) => `• ${code(clusterId, 130)}: ${code(error, 80)}`);
  const more = failures.length > NAMED ? [`… and ${failures.length - NAMED} more`] : [];
  return {
    text: `${headline}: ${failures[0]?.clusterId ?? ''}${failures.length > 1 ? ` and ${failures.length - 1} more` : ''}`,
    blocks: [
      section(
        `🔧 *${headline}* by the drift monitor`,
        ...named,
        ...more,
        'Its outcomes are not folded; once a label has waited too long, every decision there goes to a human. What each error means is in the README under “Operating it”.',
      ),
    ],
  };
}
