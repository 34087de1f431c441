import type { ActionArguments } from '../../../schemas/decision.ts';
import type { PlacedEffect } from '../../../schemas/ports/scheduler.ts';

/**
 * Actions on the jobs of one cluster. Every method throws SchedulerUnavailable, SchedulerRefused or SchedulerMalformed.
 * `apply` is at most once per decision id; after SchedulerUnavailable from it, `find` says whether it was done.
 */
export interface Scheduler {
  /** False: dry run, nothing is touched, effects are "would have". */
  readonly touches: boolean;
  /** The effect of a decision, wherever it was placed from, undone or not; null when there is none. */
  find(decisionId: string): Promise<PlacedEffect | null>;
  apply(args: ActionArguments, decisionId: string): Promise<PlacedEffect>;
  /** Whether the job is now as the effect meant it to be (or, once undone, no longer is). */
  readBack(placed: PlacedEffect): Promise<'asIntended' | 'different'>;
  /** Takes it back; doing it twice is the same as once. Refused when the job has left the queue. */
  undo(placed: PlacedEffect): Promise<PlacedEffect>;
}

/** The scheduler did not answer. When it was asked to change something, nobody knows whether it did: look first. */
export class SchedulerUnavailable extends Error {
  override readonly name = 'SchedulerUnavailable' as const;
}

/** The scheduler, or our own check of the arguments, said no: unknown job, no longer pending, no such queue. */
export class SchedulerRefused extends Error {
  override readonly name = 'SchedulerRefused' as const;
}

/** The scheduler answered something that is not its wire format. */
export class SchedulerMalformed extends Error {
  override readonly name = 'SchedulerMalformed' as const;
}
