import * as z from 'zod';
import { Layout } from '../layout.ts';

/**
 * The built-in forecast of one cluster, but for its tables of shapes and queues. `PK = CLUSTER#{id}`, `SK = FORECAST`; absent
 * before its first batch. It is one ahead of the calibration after a crash between the two writes.
 */
export const ForecastItem = z.object({
  PK: z.string(),
  SK: z.literal('FORECAST'),
  v: Layout,
  /** As functions/domain/forecast/codec.ts writes it, at most 4 KB. */
  state: z.instanceof(Uint8Array),
  /** Newest batch of the ledger that it has counted. */
  version: z.number().int(),
});
export type ForecastItem = z.infer<typeof ForecastItem>;

/** What is known of the jobs of one shape or queue. `SK = FORECAST#SHAPE#{hash}` and `FORECAST#QUEUE#{hash}`; at most 400 bytes. */
export const ForecastRow = z.object({
  PK: z.string(),
  SK: z.string(),
  v: Layout,
  /** The last batch that changed it. */
  version: z.number().int(),
  /** After that batch, and before it; absent where there was nothing. */
  state: z.instanceof(Uint8Array).optional(),
  before: z.instanceof(Uint8Array).optional(),
  /** Of one that is empty. */
  ttl: z.number().int().optional(),
});
export type ForecastRow = z.infer<typeof ForecastRow>;

/** `SK = SNAPSHOT`: what the scheduler last said of its queue. */
export const SnapshotItem = z.object({
  PK: z.string(),
  SK: z.literal('SNAPSHOT'),
  v: Layout,
  /** ISO 8601. */
  at: z.string(),
  pending: z.number().int(),
  running: z.number().int(),
  pending_gpus: z.number().optional(),
  /** Whether it stands in the ledger. */
  folded: z.boolean(),
});
