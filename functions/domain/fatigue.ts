import type { ApprovalItem } from '../../schemas/items/approval.ts';

/** How one person answers the approvals of one cluster: many approvals within seconds are clicks, not judgements. */
export interface Fatigue {
  clusterId: string;
  approver: string;
  answers: number;
  /** 0 to 1. */
  approveRate: number;
  /** From the question to the answer. */
  medianSeconds: number;
}

type Answered = Pick<ApprovalItem, 'cluster_id' | 'status' | 'requested_at' | 'decided_by' | 'answered_at'>;

/**
 * Approve rate and median seconds to answer for each approver and cluster, most answers first.
 * Counts what people decided, not timeouts or questions that became void before anybody answered. An approval that became
 * void after a person approved it counts as approved, since that was their answer.
 */
export function fatigue(approvals: readonly Answered[]): Fatigue[] {
  const groups = new Map<string, { clusterId: string; approver: string; approved: number; seconds: number[] }>();
  for (const { cluster_id, status, requested_at, decided_by, answered_at } of approvals) {
    if (decided_by === undefined || answered_at === undefined) continue;
    const key = `${cluster_id} ${decided_by}`;
    const group = groups.get(key) ?? { clusterId: cluster_id, approver: decided_by, approved: 0, seconds: [] };
    if (status !== 'denied') group.approved += 1;
    group.seconds.push((Date.parse(answered_at) - Date.parse(requested_at)) / 1000);
    groups.set(key, group);
  }
  return [...groups.values()]
    .map(({ clusterId, approver, approved, seconds }) => ({
      clusterId,
      approver,
      answers: seconds.length,
      approveRate: approved / seconds.length,
      medianSeconds: median(seconds),
    }))
    .sort((one, other) => other.answers - one.answers || (one.approver < other.approver ? -1 : 1));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
