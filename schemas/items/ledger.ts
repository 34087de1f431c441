import * as z from 'zod';
import { ClusterConfig } from '../config.ts';
import { Kind } from '../primitives.ts';

/**
 * One settled job, with everything the fold needs, so that the ledger alone rebuilds the calibration state bit for bit.
 * Times are seconds since the epoch.
 */
export const LedgerEntry = z.object({
  jobId: z.string(),
  decisionId: z.string(),
  submittedAt: z.number(),
  labelAt: z.number(),
  kind: Kind,
  /** VGAC's probability as given; null when it gave none. */
  p: z.number().nullable(),
  /** Served probability at the decision. */
  q: z.number().nullable(),
  /** A reservation backs it: the agent's decision stood without a human. */
  executed: z.boolean(),
  /** The scheduler was touched: no usable label; released without credit. */
  intervened: z.boolean(),
  /** An intervention that had to be undone or whose read-back failed. */
  harmed: z.boolean(),
  /** The label; null when censored or intervened. */
  longWait: z.boolean().nullable(),
  /** Predicted point wait and actual wait, where both are known. */
  predictedWaitSeconds: z.number().nullable(),
  waitSeconds: z.number().nullable(),
  /** Bounds on the wait as they were served; absent from entries of before they were kept. */
  bounds: z.object({ lowerSeconds: z.number(), upperSeconds: z.number(), upper90Seconds: z.number() }).optional(),
  epoch: z.number(),
});
export type LedgerEntry = z.infer<typeof LedgerEntry>;

/**
 * `PK = CLUSTER#{id}`, `SK = LEDGER#{version}` (zero-padded); kept for good. Version 0 has no entries: it is the birth of
 * the calibration state. The budgets are those the batch was folded with, since an operator may change them later.
 */
export const LedgerItem = z.object({
  PK: z.string(),
  SK: z.string(),
  version: z.number(),
  folded_at: z.string(),
  budgets: ClusterConfig.shape.budgets,
  entries: z.array(LedgerEntry),
});
export type LedgerItem = z.infer<typeof LedgerItem>;
