import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import type { Answerer } from '../../domain/approvers.ts';
import { authorise } from './answer-approval.ts';
import { note } from './audit.ts';
import type { LookStore } from './ports.ts';

/**
 * How often in an hour somebody who may approve nothing on the cluster can look at one approval. The evidence does not change, so
 * more looks would only cost messages and records.
 */
export const STRANGER_LOOKS = 3;

/** What a person who asks for the details gets: the evidence, one sentence that it was enough, or nothing more. */
export type Look = 'evidence' | 'enough' | 'nothing';

export const ENOUGH_LOOKS =
  'You have seen the details of this request several times in this hour. They do not change; look again later.';

/**
 * Whoever may approve anything on the cluster, and so may freeze it, looks at the evidence at any time; anybody else a few times an
 * hour. Each look is recorded.
 */
export async function lookAtDetails(
  ports: { store: LookStore; now: Date },
  approval: ApprovalItem,
  by: Answerer,
): Promise<Look> {
  const { store, now } = ports;
  if (!(await authorise(ports, approval, by, 'freeze')).ok) {
    // One more than that, which gets the sentence.
    const look = await store.countLook(approval.approval_id, { who: by.id, most: STRANGER_LOOKS + 1 }, now);
    if (look === null) return 'nothing';
    if (look > STRANGER_LOOKS) return 'enough';
  }
  await note(ports, approval, by.id, 'looked at the details');
  return 'evidence';
}
