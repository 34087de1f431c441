import * as z from 'zod';
import { Decision } from '../decision.ts';

/**
 * What a listing shows of a decision. It stands beside the decision in the row, since an index repeats whole attributes: writing a row
 * costs another write only when one of `LISTED` changes, which is when it is claimed, decided and closed.
 */
export const Outline = z.object({
  ...Decision.pick({ next: true, called: true, tier: true }).shape,
  /** Whether somebody is asked. */
  asks: z.boolean(),
  /** The first of the decision's reasons: the rule that decided. */
  reason: z.object({ code: z.string(), message: z.string() }).nullable(),
});
export type Outline = z.infer<typeof Outline>;

/**
 * Attributes that the index `listing` repeats beside the keys, here and on AWS. The jobs of a cluster are found in it by time of
 * submission, and among these by user, queue, status and reason; whatever else is wanted of them is read by key.
 */
export const LISTED = ['job_id', 'submitted_at', 'user', 'queue', 'status', 'outline'] as const;
