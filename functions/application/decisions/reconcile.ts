import type { Effect } from '../../../schemas/effect.ts';
import type { JobItem } from '../../../schemas/items/job.ts';
import { capabilityOf } from '../../domain/capabilities.ts';
import type { Round } from '../../domain/round.ts';
import { whyNotPending } from '../../domain/waiting.ts';
import { touchesQueueing } from './intent.ts';
import { isUnknown } from './perform-effect.ts';
import type { EffectStore, StoredOrder } from './ports.ts';
import type { Scheduler } from './scheduler.ts';
import { undoEffect } from './undo-effect.ts';

/**
 * Looks, after a call that changed something, at what happened while it was under way. If that would have forbidden the effect, it
 * is undone; where it cannot be undone, the record says so, and people are notified.
 *
 * @param ended when the call was over at the latest; whatever came later came after the effect, and changes nothing about it
 * @param began a start at that very instant was caused by the effect: a simulated clock stands still during a call
 */
export async function reconcile(
  { store, round, scheduler }: { store: Pick<EffectStore, 'readOrder'>; round: Round; scheduler: Scheduler },
  effect: Effect,
  ended: Date | 'now',
  began: Date,
): Promise<Effect> {
  if (effect.undo === undefined || effect.status === 'undone') return effect;
  const why = whatCame(await store.readOrder(round), effect, ended === 'now' ? null : ended, began);
  if (why === null) return effect;
  if (capabilityOf(effect.action)?.reversible !== true) return { ...effect, reason: `${why}; it cannot be undone` };
  const undone = await undoEffect(scheduler, effect, began).catch((error: unknown) => {
    if (!isUnknown(error)) throw error;
    return { ...effect, reason: `could not be undone: ${error.message}` };
  });
  if (undone.status === 'undone') return { ...undone, reason: `${why}, so it was undone` };
  const stands = undone.undo === effect.undo;
  return { ...undone, status: stands ? effect.status : 'failed', reason: `${why}; ${undone.reason}` };
}

function whatCame(
  { frozen, row, config }: StoredOrder,
  { action }: Effect,
  ended: Date | null,
  began: Date,
): string | null {
  const inTime = (at: string) => ended === null || Date.parse(at) <= ended.getTime();
  if (frozen && inTime(frozen.at)) return 'the cluster was frozen during the call';
  if (config.dryRun && ended === null) return 'dry run was switched on during the call';
  if (row === null || !touchesQueueing(action)) return null;
  const at = leftAt(row);
  if (at === undefined || !inTime(at) || Date.parse(at) === began.getTime()) return null;
  return `${whyNotPending(row)}, during the call`;
}

const leftAt = ({ cancelled_at, started_at, ended_at }: JobItem) => cancelled_at ?? started_at ?? ended_at;
