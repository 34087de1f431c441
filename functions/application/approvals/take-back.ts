import type { ClusterConfig } from '../../../schemas/config.ts';
import type { Effect } from '../../../schemas/effect.ts';
import { recordedArguments } from '../../domain/permission.ts';
import { stands } from '../../domain/undoing.ts';
import type { Scheduler } from '../decisions/scheduler.ts';
import { undoEffect } from '../decisions/undo-effect.ts';
import { followEffect, isUnwanted } from './follow-effect.ts';
import type { ApprovalPorts, TakeBackStore } from './ports.ts';
import { publish } from './publish.ts';

/**
 * Undoes an effect, approved or autonomous, that a person asked to undo in time, or a hold that nobody wanted to keep and whose
 * execution ended without releasing it; verifies that it is gone, and updates the message that showed it. The request
 * is read from the approval's record, not from the event that started this: an event by itself undoes nothing.
 *
 * @returns the effect as it is now; null while there is none, or if nobody asked
 * @throws SchedulerUnavailable, SchedulerMalformed: safe to repeat. NotPermitted
 */
export async function takeBack(
  ports: ApprovalPorts<TakeBackStore>,
  approvalId: string,
  schedulerOf: (config: ClusterConfig) => Promise<Scheduler>,
): Promise<Effect | null> {
  const { store, now } = ports;
  const approval = await store.loadApproval(approvalId);
  if (!approval) return null;
  const { cluster_id: clusterId, pinned, subject } = approval;
  const row = await store.loadJob(pinned);
  const asked = approval.undo_asked_at !== undefined && stands(approval);
  if (!asked && !isUnwanted(approval, row)) return null;
  recordedArguments(row, pinned.decisionId, subject.whose);
  let effect = subject.whose === 'asked' ? row?.approved_effect : row?.effect;
  // No effect yet: the sweeper asks again once there is one.
  if (!row || !effect) return null;
  if (effect.status === 'done') {
    const config = await store.loadConfig(clusterId);
    effect = await undoEffect(await schedulerOf(config), effect, now);
    await store.recordEffect(pinned, effect, subject.whose);
  }
  const followed = await followEffect(ports, approval);
  await publish(ports, followed.approval);
  return effect;
}
