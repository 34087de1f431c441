import type { ClusterConfig } from '../../schemas/config.ts';
import type { Effect } from '../../schemas/effect.ts';
import type { JobItem } from '../../schemas/items/job.ts';
import { NotPermitted, permission, recordedArguments } from '../domain/permission.ts';
import { loadApproval } from './approval-item.ts';
import { recordActing, recordEffect } from './job-store.ts';
import { loadUsage, useAction } from './limit-store.ts';
import { roundOf } from './outcome-store.ts';
import { checkReliability } from './reliability-check.ts';
import { performEffect } from './schedulers/perform-effect.ts';
import type { Scheduler } from './schedulers/scheduler.ts';
import { undoEffect } from './schedulers/undo-effect.ts';
import type { Table } from './table.ts';

export interface Order {
  decisionId: string;
  row: JobItem | null;
  config: ClusterConfig;
  /** By an operator, as this action found it. */
  frozen: boolean;
  scheduler: Scheduler;
}

/**
 * Carries out one recorded decision: the agent's own, or one a human approved. An effect that is already there, after a
 * crash or a lost answer, is read back and not judged again: what is done is done.
 * @throws NotPermitted when no record permits it
 */
export async function carryOut(table: Table, order: Order, approved: boolean, now: Date): Promise<Effect> {
  const { decisionId, row, config, frozen, scheduler } = order;
  const { action, jobId } = recordedArguments(row, decisionId);
  const intervention = row?.decision?.kind === 'intervention';
  const [limits, approval] = await Promise.all([
    loadUsage(table, config, { jobId, action: intervention ? action : undefined }, now, decisionId),
    approved ? pinnedApproval(table, config, decisionId, now) : null,
  ]);
  const permitted = permission({ decisionId, row, approval, world: { frozen, limits, config } });
  const placed = scheduler.touches ? await scheduler.find(decisionId) : null;
  const answer = placed || !permitted.may ? permitted : await withinLimits(table, order, permitted, approved, now);
  const touches = row !== null && intervention && scheduler.touches;
  // What it brings about may be submitted before its effect is on record, and must not be acted on again.
  if (touches && !placed && answer.may) await recordActing(table, roundOf(row), decisionId, now);
  const effect =
    placed || answer.may
      ? await performEffect(scheduler, answer.args, decisionId, now)
      : { status: answer.status, reason: answer.reason, action, decisionId, at: now.toISOString(), intervened: false };
  // What touches the queue is kept at once; a statement is looked up, not repeated, and kept when the row is closed.
  if (row !== null && intervention) await recordEffect(table, roundOf(row), effect);
  return effect;
}

/** The approval, and what has become of the evidence it was pinned to. The agent's own was gated a moment ago. */
async function pinnedApproval(table: Table, config: ClusterConfig, decisionId: string, now: Date) {
  const [item, verdict] = await Promise.all([loadApproval(table, decisionId), checkReliability(table, config, now)]);
  if (!item) throw new NotPermitted(`there is no approval of decision ${decisionId}`);
  return { item, verdict };
}

/** Takes back a hold that nobody wanted to keep. @throws NotPermitted when none is recorded */
export async function release(table: Table, { decisionId, row, scheduler }: Order, now: Date): Promise<Effect> {
  recordedArguments(row, decisionId);
  if (!row?.effect) throw new NotPermitted(`decision ${decisionId} has no effect to take back`);
  const effect = await undoEffect(scheduler, row.effect, now);
  await recordEffect(table, roundOf(row), effect);
  return effect;
}

/** Cooldown and rate are used up by one conditional write, so that two executions cannot both take the last place. */
async function withinLimits(
  table: Table,
  { decisionId, row, config }: Order,
  permitted: Extract<ReturnType<typeof permission>, { may: true }>,
  approved: boolean,
  now: Date,
): Promise<ReturnType<typeof permission>> {
  if (row?.decision?.kind !== 'intervention') return permitted;
  if (await useAction(table, config, permitted.args, decisionId, now)) return permitted;
  const status = approved ? 'void' : 'refused';
  return {
    may: false,
    args: permitted.args,
    status,
    reason: 'this action is cooling down on this job, or the hour of the cluster is full',
  };
}
