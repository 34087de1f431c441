import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { note } from '../answer-approval.ts';
import { loadFreeze } from '../config-store.ts';
import { liftFreeze, putFreeze } from '../freeze-store.ts';
import { button, buttons, section } from './cards.ts';
import type { SlackMessage } from './client.ts';
import type { ResumingEdges } from './edges.ts';
import { code, prose } from './escape.ts';
import type { Click } from './interaction.ts';
import { whisper } from './whisper.ts';
import { clockTime, person } from './wording.ts';

/** Freezes the cluster of an approval: no effect, approved or not, until somebody unfreezes it. Says so in the thread. */
export async function freezeFromCard(edges: ResumingEdges, approval: ApprovalItem, click: Click): Promise<void> {
  const { table, now } = edges;
  const already = await loadFreeze(table, approval.cluster_id);
  if (already) {
    return whisper(edges, click, `It is frozen already, by ${person(already.by)}: ${prose(already.reason, 300)}.`);
  }
  await putFreeze(table, approval.cluster_id, { by: click.by, reason: 'frozen from an approval card', now });
  await note(edges, approval, click.by, 'froze the cluster');
  await reply(edges, approval, {
    text: 'The cluster is frozen',
    blocks: [
      section(
        `🧊 *Frozen* by ${person(click.by)}, ${clockTime(now.toISOString())}: the agent does nothing on ` +
          `${code(approval.cluster_id, 160)}, not even what is approved now. Predictions go on.`,
      ),
      buttons(approval.approval_id, [button('unfreeze', 'Unfreeze cluster')]),
    ],
  });
}

/** Lifts the freeze of the cluster of an approval. A freeze of all clusters is an operator's to lift. */
export async function unfreezeFromCard(edges: ResumingEdges, approval: ApprovalItem, click: Click): Promise<void> {
  const { table, now } = edges;
  const lifted = await liftFreeze(table, approval.cluster_id);
  const left = await loadFreeze(table, approval.cluster_id);
  if (lifted) {
    await note(edges, approval, click.by, 'unfroze the cluster');
    await reply(edges, approval, {
      text: 'The cluster is not frozen any more',
      blocks: [
        section(
          `▶️ *Unfrozen* by ${person(click.by)}, ${clockTime(now.toISOString())}: ${code(approval.cluster_id, 160)}. ` +
            'What was approved before the freeze is checked again before it is done.',
        ),
      ],
    });
  }
  if (left) {
    const why = prose(left.reason, 300);
    return whisper(
      edges,
      click,
      `All clusters are still frozen, by ${person(left.by)}: ${why}. An operator lifts that.`,
    );
  }
  if (!lifted) return whisper(edges, click, 'It is not frozen.');
}

async function reply(edges: ResumingEdges, approval: ApprovalItem, message: SlackMessage): Promise<void> {
  const { channel, card_ts: ts } = approval;
  if (channel === undefined || ts === undefined) return;
  await edges.slack
    .post(channel, message, ts)
    .catch((error: unknown) => edges.warn('the thread was not told of a freeze', error));
}
