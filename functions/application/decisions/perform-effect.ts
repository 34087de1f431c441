import type { ActionArguments } from '../../../schemas/decision.ts';
import type { Effect } from '../../../schemas/effect.ts';
import type { PlacedEffect } from '../../../schemas/ports/scheduler.ts';

import { intentOf, inWords, touchesQueueing } from './intent.ts';
import { type Scheduler, SchedulerMalformed, SchedulerRefused, SchedulerUnavailable } from './scheduler.ts';

/** Two attempts: one more if a lookup shows that a lost request was not done. Further retries are up to the machine. */
const APPLIES = 2;

/**
 * Performs an effect at most once, whatever is retried: checks whether this decision already has one, places it, and reads it
 * back. After a lost response it looks before it repeats. If it cannot find out, the effect is `failed` and counts as
 * intervened if queueing may have been touched: a doubtful label must not teach.
 *
 * @param now when it is done, for the record
 * @throws SchedulerUnavailable or SchedulerMalformed only when the first lookup failed, before anything was tried, so that
 *   the Task can simply be retried
 */
export async function performEffect(
  scheduler: Scheduler,
  args: ActionArguments,
  decisionId: string,
  now: Date,
): Promise<Effect> {
  const record = { action: args.action, decisionId, at: now.toISOString() };
  const intervened = scheduler.touches && touchesQueueing(args.action);
  let tried = false;
  let placed: PlacedEffect | null = null;
  try {
    const intent = intentOf(args);
    placed = await scheduler.find(decisionId);
    tried = true;
    placed ??= await applyKnowingly(scheduler, args, decisionId);
    if (!scheduler.touches) {
      return { ...record, status: 'dryRun', reason: `would have ${inWords(intent, args.jobId)}`, intervened: false };
    }
    if (placed.action !== args.action || placed.jobId !== args.jobId || placed.decisionId !== decisionId) {
      return {
        ...record,
        status: 'failed',
        reason: 'the scheduler holds another effect under this decision',
        intervened,
      };
    }
    if (placed.undone) return { ...record, status: 'undone', intervened, undo: placed };
    if ((await scheduler.readBack(placed)) === 'different') {
      return {
        ...record,
        status: 'failed',
        reason: 'read back different from what was asked',
        intervened,
        undo: placed,
      };
    }
    return { ...record, status: 'done', intervened, undo: placed };
  } catch (error) {
    if (error instanceof SchedulerRefused && placed === null) {
      return { ...record, status: 'refused', reason: error.message, intervened: false };
    }
    if (!tried || !(error instanceof SchedulerRefused || isUnknown(error))) throw error;
    const doubt = placed ? 'done, but could not be read back' : 'nobody knows whether it was done';
    return {
      ...record,
      status: 'failed',
      reason: `${doubt}: ${error.message}`,
      intervened,
      ...(placed ? { undo: placed } : {}),
    };
  }
}

async function applyKnowingly(scheduler: Scheduler, args: ActionArguments, decisionId: string): Promise<PlacedEffect> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await scheduler.apply(args, decisionId);
    } catch (error) {
      if (!isUnknown(error)) throw error;
      const found = await scheduler.find(decisionId);
      if (found) return found;
      if (attempt >= APPLIES) throw error;
    }
  }
}

/** Errors that leave it open whether the scheduler did it. */
function isUnknown(error: unknown): error is SchedulerUnavailable | SchedulerMalformed {
  return error instanceof SchedulerUnavailable || error instanceof SchedulerMalformed;
}
