import * as z from 'zod';
import { Layout } from '../layout.ts';

/** `PK = CLUSTER#{id}`, `SK = ASKING`: the open questions, and those of the last hour. Times in ms since the epoch. */
export const AskingItem = z.object({
  PK: z.string(),
  SK: z.literal('ASKING'),
  v: Layout,
  version: z.number().int(),
  open: z.array(z.object({ id: z.string(), tier: z.number().int(), until: z.number() })),
  asked: z.array(z.object({ id: z.string(), tier: z.number().int(), at: z.number() })),
});
export type AskingItem = z.infer<typeof AskingItem>;
