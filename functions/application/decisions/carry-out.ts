import type { ClusterConfig } from '../../../schemas/config.ts';
import type { Effect } from '../../../schemas/effect.ts';
import { approvalIdOf } from '../../domain/approval.ts';
import { NotPermitted, type Permission, permission, recordedArguments } from '../../domain/permission.ts';
import { roundOf } from '../../domain/round.ts';
import { effectIdOf, subjectOf, type Whose } from '../../domain/subject.ts';
import { whyNotPending } from '../../domain/waiting.ts';
import { checkReliability } from './check-reliability.ts';
import { performEffect } from './perform-effect.ts';
import type { EffectStore, StoredOrder } from './ports.ts';
import type { Scheduler } from './scheduler.ts';
import { undoEffect } from './undo-effect.ts';

export interface Order extends StoredOrder {
  decisionId: string;
  scheduler: Scheduler;
}

/**
 * Carries out one recorded decision: the agent's own, or what a human approved beside or instead of it, each as a separate effect.
 * An effect already in place after a crash or a lost response is read back and not judged again.
 * @throws NotPermitted when no record permits it
 */
export async function carryOut(store: EffectStore, order: Order, approved: boolean, now: Date): Promise<Effect> {
  const { decisionId, row, config, frozen, scheduler } = order;
  const whose: Whose = approved ? 'asked' : 'own';
  const effectId = effectIdOf(decisionId, whose);
  const { action, jobId } = recordedArguments(row, decisionId, whose);
  const intervention = approved || row?.decision?.kind === 'intervention';
  const [limits, approval] = await Promise.all([
    store.loadUsage(config, { jobId, action: intervention ? action : undefined }, now, effectId),
    approved ? pinnedApproval(store, config, decisionId, now) : null,
  ]);
  const world = { frozen, limits, config, touches: scheduler.touches };
  const permitted = permission({ decisionId, row, approval, world });
  const placed = scheduler.touches ? await scheduler.find(effectId) : null;
  const limited = intervention && !placed && permitted.may;
  const answer = limited ? await withinLimits(store, config, effectId, permitted, approved, now) : permitted;
  const touches = row !== null && intervention && scheduler.touches;
  // A resubmission it causes may arrive before the effect is recorded, and must not be acted on.
  if (touches && !placed && answer.may) await store.recordActing(roundOf(row), effectId, now);
  const effect =
    placed || answer.may
      ? await performEffect(scheduler, answer.args, effectId, now)
      : {
          status: answer.status,
          reason: answer.reason,
          action,
          decisionId: effectId,
          at: now.toISOString(),
          intervened: false,
        };
  // An effect on the queue is stored at once. A statement can be looked up instead of repeated, so it is stored when the row is
  // closed, which takes long if somebody is asked about more.
  const keptNow = intervention || row?.decision?.asks !== null;
  if (row !== null && keptNow) await store.recordEffect(roundOf(row), effect, whose);
  return effect;
}

/** The approval and the current evidence to compare with its pinned one. The agent's own decision was gated a moment ago. */
async function pinnedApproval(store: EffectStore, config: ClusterConfig, decisionId: string, now: Date) {
  const id = approvalIdOf(decisionId, 'act');
  const [item, verdict] = await Promise.all([store.loadApproval(id), checkReliability(store, config, now)]);
  if (!item) throw new NotPermitted(`there is no approval of decision ${decisionId}`);
  return { item, verdict };
}

/**
 * Releases a hold that nobody wanted to keep. The hold of a job that no longer waits has ended by itself, and its record stays
 * unchanged.
 * @throws NotPermitted when no hold is recorded
 */
export async function release(store: EffectStore, { decisionId, row, scheduler }: Order, now: Date): Promise<Effect> {
  const whose = (row?.decision && subjectOf(row.decision, 'keep'))?.whose ?? 'own';
  recordedArguments(row, decisionId, whose);
  const placed = whose === 'asked' ? row?.approved_effect : row?.effect;
  if (!row || !placed) throw new NotPermitted(`decision ${decisionId} has no effect to take back`);
  if (whyNotPending(row) !== null) return placed;
  const effect = await undoEffect(scheduler, placed, now);
  await store.recordEffect(roundOf(row), effect, whose);
  return effect;
}

/** One conditional write consumes cooldown and rate, so that two executions cannot both take the last place. */
async function withinLimits(
  store: EffectStore,
  config: ClusterConfig,
  effectId: string,
  permitted: Extract<Permission, { may: true }>,
  approved: boolean,
  now: Date,
): Promise<Permission> {
  if (await store.useAction(config, permitted.args, effectId, now)) return permitted;
  const reason = 'this action is cooling down on this job, or the hour of the cluster is full';
  return { may: false, args: permitted.args, status: approved ? 'void' : 'refused', reason };
}
