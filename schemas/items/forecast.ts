import * as z from 'zod';
import { Layout } from '../layout.ts';

/**
 * The built-in forecast of one cluster, without its tables of shapes and queues. `PK = CLUSTER#{id}`,
 * `SK = FORECAST`; absent before its first batch. After a crash between the two writes it is one batch ahead of the
 * calibration.
 */
export const ForecastItem = z.object({
  PK: z.string(),
  SK: z.literal('FORECAST'),
  v: Layout,
  /** As functions/domain/forecast/codec.ts writes it, at most 4 KB. */
  state: z.instanceof(Uint8Array),
  /** The newest ledger batch it has counted. */
  version: z.number().int(),
});
export type ForecastItem = z.infer<typeof ForecastItem>;

/**
 * What is known of the jobs of one shape or queue. `SK = FORECAST#SHAPE#{hash}` and `FORECAST#QUEUE#{hash}`; at most
 * 400 bytes.
 */
export const ForecastRow = z.object({
  PK: z.string(),
  SK: z.string(),
  v: Layout,
  /** The last batch that changed it. */
  version: z.number().int(),
  /** State after and before that batch; absent if there was none. */
  state: z.instanceof(Uint8Array).optional(),
  before: z.instanceof(Uint8Array).optional(),
  /** Set on an empty row. */
  ttl: z.number().int().optional(),
});
export type ForecastRow = z.infer<typeof ForecastRow>;

/** `SK = SNAPSHOT`: what the scheduler last reported about its queue. */
export const SnapshotItem = z.object({
  PK: z.string(),
  SK: z.literal('SNAPSHOT'),
  v: Layout,
  /** ISO 8601. */
  at: z.string(),
  pending: z.number().int(),
  running: z.number().int(),
  pending_gpus: z.number().optional(),
  /** Whether it is in the ledger. */
  folded: z.boolean(),
});
