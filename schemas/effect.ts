import * as z from 'zod';
import { Instant } from './primitives.ts';

/**
 * `done`: read back as intended · `dryRun`: would have been done · `refused` by a safety switch · `void`: the
 * approval is out of date · `failed`: tried, but the read-back disagrees · `undone`: taken back.
 */
export const EffectStatus = z.enum(['done', 'dryRun', 'refused', 'void', 'failed', 'undone']);
export type EffectStatus = z.infer<typeof EffectStatus>;

export const Effect = z.object({
  status: EffectStatus,
  action: z.string(),
  decisionId: z.string(),
  at: Instant,
  /** The switch or the disagreement, in words. */
  reason: z.string().optional(),
  /** True if the scheduler was touched, so that the job has no usable label. */
  intervened: z.boolean(),
  /** What the adapter needs to undo it; absent if it cannot be undone. */
  undo: z.record(z.string(), z.unknown()).optional(),
});
export type Effect = z.infer<typeof Effect>;
