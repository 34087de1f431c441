import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { note } from './audit.ts';
import type { MessageRef } from './messages.ts';
import type { ApprovalPorts, FreezeStore, FrozenBy } from './ports.ts';

type FreezePorts = ApprovalPorts<FreezeStore>;

/**
 * Freezes the cluster of an approval for an authorised person: no effect, approved or not, until somebody unfreezes it. Reports it
 * under the question.
 * @returns the existing freeze, which stays as it is; null when this call froze the cluster
 */
export async function freezeCluster(ports: FreezePorts, approval: ApprovalItem, by: string): Promise<FrozenBy | null> {
  const { store, messages, now } = ports;
  const already = await store.loadFreeze(approval.cluster_id);
  if (already) return already;
  await store.putFreeze(approval.cluster_id, { by, reason: 'frozen from an approval card', now });
  await note(ports, approval, by, 'froze the cluster');
  await underQuestion(ports, approval, (question) => messages.reportFreeze(question, approval, by, now));
  return null;
}

export interface Unfrozen {
  lifted: FrozenBy | null;
  left: (FrozenBy & { all: boolean }) | null;
}

/**
 * Lifts the freeze on the cluster of an approval. Only an operator can lift a freeze on all clusters.
 * @param at the freeze that the person saw: a later one stays; absent for whichever is there
 * @returns what was lifted, and what is still frozen
 */
export async function unfreezeCluster(
  ports: FreezePorts,
  approval: ApprovalItem,
  by: string,
  at?: string,
): Promise<Unfrozen> {
  const { store, messages, now } = ports;
  const lifted = await store.liftFreeze(approval.cluster_id, { by, now, at });
  const left = await store.loadFreeze(approval.cluster_id);
  if (!lifted) return { lifted, left };
  await note(ports, approval, by, 'unfroze the cluster');
  await underQuestion(ports, approval, (question) => messages.reportUnfreeze(question, approval, by, now));
  return { lifted, left };
}

async function underQuestion(
  { warn }: FreezePorts,
  { channel, card_ts: ts }: ApprovalItem,
  report: (question: MessageRef) => Promise<void>,
): Promise<void> {
  if (channel === undefined || ts === undefined) return;
  await report({ channel, ts }).catch((error: unknown) => warn('a freeze was not reported in its thread', error));
}
