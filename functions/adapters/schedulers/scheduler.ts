import * as z from 'zod';
import type { ActionArguments } from '../../../schemas/decision.ts';

/**
 * One effect as the scheduler holds it under the id of its decision. `before` is what undo needs.
 * It is what `Effect.undo` carries, so that another function can take it back later.
 */
export const PlacedEffect = z.object({
  decisionId: z.string().min(1),
  action: z.string(),
  jobId: z.string(),
  target: z.string().optional(),
  before: z.object({ queue: z.string().optional(), priority: z.number().optional(), held: z.boolean().optional() }),
  undone: z.boolean(),
});
export type PlacedEffect = z.infer<typeof PlacedEffect>;

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
