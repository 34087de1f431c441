import * as z from 'zod';
import { Layout } from '../layout.ts';
import { Instant } from '../primitives.ts';

/**
 * `PK = EXPLANATION#{hash of the facts}`, `SK = TEXT`: an accepted model text, so that the model is asked only once.
 */
export const ExplanationItem = z.object({
  PK: z.string(),
  SK: z.literal('TEXT'),
  v: Layout,
  text: z.string().min(1).max(500),
  model: z.string(),
  written_at: Instant,
  ttl: z.number().int(),
});
export type ExplanationItem = z.infer<typeof ExplanationItem>;
