import type { ClusterConfig } from '../../../schemas/config.ts';
import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { termsOf } from '../../domain/approval-terms.ts';
import { audit, NOBODY } from '../approval-audit.ts';
import { type OpenQuestion, openApproval } from '../approval-store.ts';
import type { ApprovalEdges } from './edges.ts';
import { present } from './settle.ts';

/**
 * Opens an approval and posts its card. A repeated question keeps the card and only replaces the token.
 * Slack or the bus being down does not end the wait: the request stays pending and the sweeper presents it later.
 */
export async function ask(
  edges: ApprovalEdges,
  asked: Omit<OpenQuestion, 'channel' | 'terms'>,
  config: ClusterConfig,
  defaultChannel: string,
): Promise<ApprovalItem> {
  const { table, now } = edges;
  const channel = config.slackChannel ?? defaultChannel;
  const terms = termsOf(config, asked.decision, now);
  const approval = await openApproval(table, { ...asked, channel, terms }, now);
  // The token is stored, so the execution waits: throwing now would end the wait and leave a card that nobody answers.
  const steps = await Promise.allSettled([
    audit(table, approval, { at: now.toISOString(), who: NOBODY, what: 'asked' }),
    present(edges, approval),
  ]);
  for (const step of steps) if (step.status === 'rejected') edges.warn('left to the sweeper', step.reason);
  return approval;
}
