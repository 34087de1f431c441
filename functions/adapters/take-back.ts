import type { ClusterConfig } from '../../schemas/config.ts';
import type { Effect } from '../../schemas/effect.ts';
import type { Scheduler } from '../application/decisions/scheduler.ts';
import { undoEffect } from '../application/decisions/undo-effect.ts';
import { recordedArguments } from '../domain/permission.ts';
import { stands } from '../domain/undoing.ts';
import type { ApprovalEdges } from './slack/edges.ts';
import { follow } from './slack/follow.ts';
import { tell } from './slack/settle.ts';
import { loadApproval } from './tables/approval-item.ts';
import { loadConfig } from './tables/config.ts';
import { loadJob, recordEffect } from './tables/jobs.ts';

/**
 * Takes back an effect, approved or the agent's own, because a person asked for it in time, reads back that it is gone, and says so on the
 * card. The request is the approval's own record, not the event that woke us up: an event alone undoes nothing.
 *
 * @returns the effect as it is now; null while there is none, or nobody asked
 * @throws SchedulerUnavailable, SchedulerMalformed: safe to repeat. NotPermitted
 */
export async function takeBack(
  edges: ApprovalEdges,
  approvalId: string,
  schedulerOf: (config: ClusterConfig) => Promise<Scheduler>,
): Promise<Effect | null> {
  const { table, now } = edges;
  const approval = await loadApproval(table, approvalId);
  if (approval?.undo_asked_at === undefined || !stands(approval)) return null;
  const { cluster_id: clusterId, pinned, subject } = approval;
  const row = await loadJob(table, pinned);
  recordedArguments(row, pinned.decisionId, subject.whose);
  let effect = subject.whose === 'asked' ? row?.approved_effect : row?.effect;
  // Not there yet: the sweeper asks again once it is.
  if (!row || !effect) return null;
  if (effect.status === 'done') {
    const config = await loadConfig(table, clusterId, row.platform ?? 'kubernetes');
    effect = await undoEffect(await schedulerOf(config), effect, now);
    await recordEffect(table, pinned, effect, subject.whose);
  }
  const followed = await follow(edges, approval);
  await tell(edges, followed.approval);
  return effect;
}
