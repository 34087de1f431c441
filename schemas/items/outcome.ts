import * as z from 'zod';
import { Layout } from '../layout.ts';
import { Instant } from '../primitives.ts';

/**
 * `PK = CLUSTER#{id}`, `SK = OUTCOME#{jobId}#{at}#{type}`: an outcome that names no round and arrived before any
 * round it could belong to. The claim of such a round picks it up.
 */
export const OutcomeItem = z.object({
  PK: z.string(),
  SK: z.string(),
  v: Layout,
  cluster_id: z.string(),
  job_id: z.string(),
  type: z.enum(['JobStarted', 'JobEnded', 'JobCancelled']),
  at: Instant,
  end_state: z.enum(['succeeded', 'failed']).optional(),
  /** True for the start of one task of an array. */
  of_task: z.boolean().optional(),
  ttl: z.number().int(),
});
export type OutcomeItem = z.infer<typeof OutcomeItem>;
