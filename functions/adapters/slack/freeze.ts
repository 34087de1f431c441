import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { note } from '../answer-approval.ts';
import { loadFreeze } from '../tables/config.ts';
import { type Frozen, liftFreeze, putFreeze } from '../tables/freeze.ts';
import { button, buttons, section } from './blocks.ts';
import type { SlackMessage } from './client.ts';
import type { ApprovalEdges } from './edges.ts';
import { code } from './escape.ts';
import { clockTime, person } from './wording.ts';

/** Who froze, and why. */
export type FrozenBy = Pick<Frozen, 'by' | 'reason'>;

/**
 * Freezes the cluster of an approval, in the name of somebody who may: no effect, approved or not, until somebody
 * unfreezes it. Says so in the thread of the card.
 * @returns the freeze that was there before, which stays as it is; null when this one froze it
 */
export async function freezeCluster(
  edges: ApprovalEdges,
  approval: ApprovalItem,
  by: string,
): Promise<FrozenBy | null> {
  const { table, now } = edges;
  const already = await loadFreeze(table, approval.cluster_id);
  if (already) return already;
  await putFreeze(table, approval.cluster_id, { by, reason: 'frozen from an approval card', now });
  await note(edges, approval, by, 'froze the cluster');
  await reply(edges, approval, {
    text: 'The cluster is frozen',
    blocks: [
      section(
        `🧊 *Frozen* by ${person(by)}, ${clockTime(now.toISOString())}: the agent does nothing on ` +
          `${code(approval.cluster_id, 160)}, not even what is approved now. Predictions go on.`,
      ),
      buttons(approval.approval_id, [button('unfreeze', 'Unfreeze cluster')]),
    ],
  });
  return null;
}

/**
 * Lifts the freeze of the cluster of an approval. A freeze of all clusters is an operator's to lift.
 * @returns what was lifted, and what still holds
 */
export async function unfreezeCluster(
  edges: ApprovalEdges,
  approval: ApprovalItem,
  by: string,
): Promise<{ lifted: FrozenBy | null; left: FrozenBy | null }> {
  const { table, now } = edges;
  const lifted = await liftFreeze(table, approval.cluster_id, { by, now });
  const left = await loadFreeze(table, approval.cluster_id);
  if (!lifted) return { lifted, left };
  await note(edges, approval, by, 'unfroze the cluster');
  await reply(edges, approval, {
    text: 'The cluster is not frozen any more',
    blocks: [
      section(
        `▶️ *Unfrozen* by ${person(by)}, ${clockTime(now.toISOString())}: ${code(approval.cluster_id, 160)}. ` +
          'What was approved before the freeze is checked again before it is done.',
      ),
    ],
  });
  return { lifted, left };
}

async function reply(edges: ApprovalEdges, approval: ApprovalItem, message: SlackMessage): Promise<void> {
  const { channel, card_ts: ts } = approval;
  if (channel === undefined || ts === undefined) return;
  await edges.slack
    .post(channel, message, ts)
    .catch((error: unknown) => edges.warn('the thread was not told of a freeze', error));
}
