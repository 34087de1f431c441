import * as z from 'zod';
import { ClusterConfig } from '../config.ts';
import { Layout } from '../layout.ts';
import { Kind } from '../primitives.ts';

const LedgerBounds = z.object({ lowerSeconds: z.number(), upperSeconds: z.number(), upper90Seconds: z.number() });

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
  bounds: LedgerBounds.optional(),
  epoch: z.number(),
});
export type LedgerEntry = z.infer<typeof LedgerEntry>;

/**
 * The wait of a job that was labelled long, and folded, before it started: all that its label left open. It teaches the
 * bounds on waits and nothing else; a job that never starts never gets one.
 */
export const LedgerWait = z.object({
  jobId: z.string(),
  decisionId: z.string(),
  submittedAt: z.number(),
  startedAt: z.number(),
  waitSeconds: z.number(),
  /** How long it had waited at its label; what that said of the bounds is folded. */
  atLeastSeconds: z.number(),
  /** As they were served. */
  bounds: LedgerBounds,
});
export type LedgerWait = z.infer<typeof LedgerWait>;

/** Knots (p, q) of a monotone map, ascending in p, straight lines between them; at most 32, so that a map stays below 2 KB. */
export const Knots = z
  .array(z.tuple([z.number().min(0).max(1), z.number().min(0).max(1)]))
  .min(1)
  .max(32);
export type Knots = z.infer<typeof Knots>;

/**
 * The beginning of an epoch: another map goes in force, promoted because it was proven better, or restored because its
 * successor was worse. A batch carries it, so that the ledger alone still rebuilds the state bit for bit.
 */
export const EpochChange = z.object({
  epoch: z.number().int().min(1),
  cause: z.enum(['promoted', 'rolledBack']),
  /** The execution or the person that asked for it: a retry recognises its own. */
  by: z.string(),
  /** Null serves VGAC's p itself. */
  knots: Knots.nullable(),
  /** The newest labels with the q that this map would have served: the first evidence of the epoch. */
  proof: z.array(z.object({ p: z.number(), q: z.number(), longWait: z.boolean() })),
});
export type EpochChange = z.infer<typeof EpochChange>;

/**
 * `PK = CLUSTER#{id}`, `SK = LEDGER#{version}` (zero-padded); kept for good. Version 0 has no entries: it is the birth of
 * the calibration state. The budgets are those the batch was folded with, since an operator may change them later.
 */
export const LedgerItem = z.object({
  PK: z.string(),
  SK: z.string(),
  v: Layout,
  version: z.number(),
  folded_at: z.string(),
  budgets: ClusterConfig.shape.budgets,
  entries: z.array(z.union([LedgerEntry, LedgerWait])),
  /** Applied before the entries; a batch that changes the epoch has none. */
  change: EpochChange.optional(),
});
export type LedgerItem = z.infer<typeof LedgerItem>;
