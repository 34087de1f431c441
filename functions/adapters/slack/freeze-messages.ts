import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { button, buttons, section } from './blocks.ts';
import type { SlackMessage } from './client.ts';
import { code } from './escape.ts';
import { clockTime, person } from './wording.ts';

/** Posted in the thread of the card from which the cluster was frozen; carries the button to unfreeze. */
export function frozenMessage(approval: ApprovalItem, by: string, now: Date): SlackMessage {
  return {
    text: 'The cluster is frozen',
    blocks: [
      section(
        `🧊 *Frozen* by ${person(by)}, ${clockTime(now.toISOString())}: the agent does nothing on ` +
          `${code(approval.cluster_id, 160)}, not even what is approved now. Predictions go on.`,
      ),
      buttons(unfreezing(approval.approval_id, now), [button('unfreeze', 'Unfreeze cluster')]),
    ],
  };
}

/** The approval, and the freeze that the button lifts: never a later one. */
function unfreezing(approvalId: string, now: Date): string {
  return `${approvalId}#${now.toISOString()}`;
}

export function unfrozenMessage(approval: ApprovalItem, by: string, now: Date): SlackMessage {
  return {
    text: 'The cluster is no longer frozen',
    blocks: [
      section(
        `▶️ *Unfrozen* by ${person(by)}, ${clockTime(now.toISOString())}: ${code(approval.cluster_id, 160)}. ` +
          'What was approved before the freeze is checked again before it is done.',
      ),
    ],
  };
}
