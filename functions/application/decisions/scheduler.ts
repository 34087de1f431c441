import type { ActionArguments } from '../../../schemas/decision.ts';
import type { PlacedEffect } from '../../../schemas/ports/scheduler.ts';

/**
 * Actions on the jobs of one cluster. Every method throws SchedulerUnavailable, SchedulerRefused or SchedulerMalformed.
 * `apply` is refused for a job that no longer waits, and after SchedulerUnavailable from it nobody knows whether it was done:
 * only `find` can say.
 */
export interface Scheduler {
  /** False for dry run: nothing is touched, and effects are "would have". */
  readonly touches: boolean;
  find(decisionId: string): Promise<Lookup>;
  apply(args: ActionArguments, decisionId: string): Promise<PlacedEffect>;
  /** Whether the job is now as the effect intended, or no longer so after an undo. */
  readBack(placed: PlacedEffect): Promise<'asIntended' | 'different'>;
  /** Undoes it; idempotent. Refused when the job has left the queue. */
  undo(placed: PlacedEffect): Promise<PlacedEffect>;
}

/** What a scheduler says about the effect of a decision. */
export interface Lookup {
  /** The effect, whoever placed it, undone or not; null if the scheduler shows none. */
  readonly effect: PlacedEffect | null;
  /**
   * The platform keeps effects under the id of their decision. Only then does "none" mean that it was not done, and only then
   * may a call be repeated, since a second one for the same decision does nothing.
   */
  readonly keyed: boolean;
}

/** The scheduler did not answer. If it was asked to change something, it may have done so: look before repeating. */
export class SchedulerUnavailable extends Error {
  override readonly name = 'SchedulerUnavailable' as const;
}

/** Refused by the scheduler, or by our check of the arguments: unknown job, no longer pending, no such queue. */
export class SchedulerRefused extends Error {
  override readonly name = 'SchedulerRefused' as const;
}

/** The scheduler's answer is not in its wire format. */
export class SchedulerMalformed extends Error {
  override readonly name = 'SchedulerMalformed' as const;
}
