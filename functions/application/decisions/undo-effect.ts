import type { Effect } from '../../../schemas/effect.ts';
import { PlacedEffect } from '../../../schemas/ports/scheduler.ts';

import { type Scheduler, SchedulerRefused } from './scheduler.ts';

/**
 * Undoes an effect and verifies that it is gone. An effect with nothing to undo (dry run, refused) is returned unchanged. If the
 * scheduler refuses because the job has left the queue, the result is `failed` with a reason; likewise if dry run was switched
 * on since, because a dry-run scheduler would only pretend.
 * @throws SchedulerUnavailable or SchedulerMalformed: safe to repeat
 */
export async function undoEffect(scheduler: Scheduler, effect: Effect, now: Date): Promise<Effect> {
  if (effect.undo === undefined) return effect;
  const { reason: _, ...kept } = effect;
  const record = { ...kept, at: now.toISOString() };
  if (!scheduler.touches) {
    if (effect.status === 'undone') return effect;
    return { ...record, status: 'failed', reason: 'could not be taken back: dry run was switched on since' };
  }
  try {
    const undone = await scheduler.undo(PlacedEffect.parse(effect.undo));
    if ((await scheduler.readBack(undone)) === 'different') {
      return {
        ...record,
        status: 'failed',
        reason: 'taken back, but the job reads back as if it were not',
        undo: undone,
      };
    }
    return { ...record, status: 'undone', undo: undone };
  } catch (error) {
    if (!(error instanceof SchedulerRefused)) throw error;
    return { ...record, status: 'failed', reason: `could not be taken back: ${error.message}` };
  }
}
