import type { ActionArguments } from '../../../schemas/decision.ts';
import type { Effect } from '../../../schemas/effect.ts';
import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import type { JobItem } from '../../../schemas/items/job.ts';
import type { Verdict } from '../../../schemas/verdict.ts';
import { approvalIdOf } from '../../domain/approval.ts';
import { argumentsHash } from '../../domain/ids.ts';
import { NotPermitted, type Permission, permission, recordedArguments } from '../../domain/permission.ts';
import { type Round, roundOf } from '../../domain/round.ts';
import { effectIdOf, subjectOf, type Whose } from '../../domain/subject.ts';
import { whyNotPending } from '../../domain/waiting.ts';
import { checkReliability } from './check-reliability.ts';
import { touchesQueueing } from './intent.ts';
import { type Guard, performEffect, type Timing } from './perform-effect.ts';
import type { EffectStore, StoredOrder, Usage } from './ports.ts';
import { reconcile } from './reconcile.ts';
import type { Scheduler } from './scheduler.ts';
import { undoEffect } from './undo-effect.ts';

export interface Order extends StoredOrder {
  round: Round;
  decisionId: string;
  scheduler: Scheduler;
}

/** One effect to carry out, with everything that does not change on the way. */
interface Errand {
  store: EffectStore;
  order: Order;
  whose: Whose;
  effectId: string;
  args: ActionArguments;
  /** Counts against the limits; a statement does not. */
  intervention: boolean;
  limits: Usage;
  /** The current evidence, to compare with what an approval is pinned to. The agent's own decision was gated a moment ago. */
  verdict: Verdict | null;
  timing: Timing;
}

/**
 * Carries out one recorded decision: the agent's own, or what a human approved beside or instead of it, each as a separate effect.
 * Whatever permits it is checked first, and again immediately before a call that changes something; what happened during the
 * call is reconciled after it. A retry returns the recorded effect. Where there is only an intent, it looks for the effect before
 * anything is judged or repeated.
 * @throws NotPermitted when no record permits it
 */
export async function carryOut(store: EffectStore, order: Order, approved: boolean, timing: Timing): Promise<Effect> {
  const { decisionId, row, config, scheduler, round } = order;
  const whose: Whose = approved ? 'asked' : 'own';
  const effectId = effectIdOf(decisionId, whose);
  const args = recordedArguments(row, decisionId, whose);
  const known = recordedEffect(row, whose, effectId);
  if (known) return known;
  const intervention = approved || row?.decision?.kind === 'intervention';
  const counted = { jobId: args.jobId, action: intervention ? args.action : undefined };
  const [limits, verdict] = await Promise.all([
    store.loadUsage(config, counted, timing.now, effectId),
    approved ? checkReliability(store, config, timing.now) : null,
  ]);
  const errand = { store, order, whose, effectId, args, intervention, limits, verdict, timing };
  const interrupted = row?.acting?.decisionId === effectId ? { until: new Date(row.acting.until) } : null;
  let called = false;
  const guard: Guard = {
    admit: () => admit(errand),
    intend: async (until) => {
      if (!scheduler.touches) return;
      called = true;
      const intent = { decisionId: effectId, at: timing.now.toISOString(), until: until.toISOString() };
      await store.recordActing(round, { ...intent, note: !touchesQueueing(args.action) });
    },
    whyNot: () => whyNoLonger(errand),
  };
  const done = await performEffect(scheduler, args, effectId, { guard, interrupted, timing });
  const ended = called ? 'now' : (interrupted?.until ?? null);
  const effect = ended === null ? done : await reconcile({ store, round, scheduler }, done, ended, timing.now);
  // An effect on the queue is stored at once. A statement can be looked up instead of repeated, so it is stored when the row is
  // closed, which takes long if somebody is asked about more.
  if (intervention || row?.decision?.asks !== null) await store.recordEffect(round, effect, whose);
  return effect;
}

function recordedEffect(row: JobItem | null, whose: Whose, effectId: string): Effect | null {
  const effect = whose === 'asked' ? row?.approved_effect : row?.effect;
  return effect?.decisionId === effectId ? effect : null;
}

/** Judges for the first time, and takes the place of an intervention among its limits. */
async function admit(errand: Errand): Promise<Effect | null> {
  const { store, order, effectId, intervention, args, timing } = errand;
  const permitted = judge(errand, order, await approvalOf(errand));
  if (!permitted.may) return refusal(errand, permitted);
  const full = intervention ? await store.useAction(order.config, args, effectId, timing.now) : null;
  if (full === null) return null;
  const reason = {
    cooldown: `this action ran on this job less than ${order.config.limits.cooldownMinutes} minutes ago`,
    rate: `all ${order.config.limits.actionsPerHour} actions of this hour are used`,
  }[full];
  return refusal(errand, { status: errand.whose === 'asked' ? 'void' : 'refused', reason });
}

/** Looks again at everything that may have changed since the first look. */
async function whyNoLonger(errand: Errand): Promise<Effect | null> {
  const { store, order, whose, effectId, args } = errand;
  if (!order.scheduler.touches) return null;
  const [current, approval] = await Promise.all([store.readOrder(order.round), approvalOf(errand)]);
  const known = recordedEffect(current.row, whose, effectId);
  // Another attempt, which was thought lost, was faster.
  if (known) return known;
  const permitted = judge(errand, current, approval);
  if (argumentsHash(permitted.args) !== argumentsHash(args)) {
    throw new NotPermitted(`the arguments of decision ${order.decisionId} changed while it was carried out`);
  }
  return permitted.may ? null : refusal(errand, permitted);
}

async function approvalOf({ store, order, whose }: Errand): Promise<ApprovalItem | null> {
  if (whose === 'own') return null;
  const item = await store.loadApproval(approvalIdOf(order.decisionId, 'act'));
  if (!item) throw new NotPermitted(`there is no approval of decision ${order.decisionId}`);
  return item;
}

function judge(errand: Errand, { row, frozen, config }: StoredOrder, item: ApprovalItem | null): Permission {
  const { order, limits, verdict, timing } = errand;
  const world = { frozen: frozen !== null, limits, config, touches: order.scheduler.touches, now: timing.clock() };
  const approval = item && verdict && { item, verdict };
  return permission({ decisionId: order.decisionId, row, approval, world });
}

function refusal(
  { args, effectId, timing }: Errand,
  { status, reason }: Pick<Extract<Permission, { may: false }>, 'status' | 'reason'>,
): Effect {
  const at = timing.now.toISOString();
  return { status, reason, action: args.action, decisionId: effectId, at, intervened: false };
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
