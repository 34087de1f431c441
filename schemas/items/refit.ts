import * as z from 'zod';
import { Layout } from '../layout.ts';
import { Instant } from '../primitives.ts';

/** Log loss in nats and debiased ECE with its 90 % bounds, and what a perfect model would show on the same sample. */
const Measured = z.object({
  loss: z.number(),
  ece: z.number(),
  lower: z.number(),
  upper: z.number(),
  nullMean: z.number(),
});

/** A gain in log loss with its standard error over stretches of time; positive is better. */
const Gain = { gain: z.number(), se: z.number(), stretches: z.number().int() };

/** How a refit did on the newest rounds, against what was really served to them. */
export const RefitProof = z.object({
  n: z.number().int(),
  /** Older rounds that it was only fitted on. */
  fitted: z.number().int(),
  ...Gain,
  /** What was served to them, and what the refit would have served. */
  before: Measured,
  after: Measured,
});
export type RefitProof = z.infer<typeof RefitProof>;

/**
 * `promoted` in force and watched · `held` has proven itself on jobs of its own · `rolledBack` turned out worse ·
 * `restored` what was learned before, in force again · `rejected` the newest attempt for this epoch, which was not better.
 */
export const RefitStatus = z.enum(['promoted', 'held', 'rolledBack', 'restored', 'rejected']);
export type RefitStatus = z.infer<typeof RefitStatus>;

/** `PK = CLUSTER#{id}`, `SK = REFIT#{epoch}`: a refit of the built-in forecast and its proof; kept for good. */
export const RefitItem = z.object({
  PK: z.string(),
  SK: z.string(),
  v: Layout,
  epoch: z.number().int(),
  status: RefitStatus,
  proof: RefitProof.nullable(),
  /** What the proof said, in words. */
  reason: z.string(),
  /** The execution or the person that asked for it. */
  by: z.string(),
  at: Instant,
  /** Ledger version that it was fitted on. */
  version: z.number().int(),
  /** Of an attempt that was rejected, labels that the epoch before had seen then: the next one waits for more. */
  after_labels: z.number().int().optional(),
  /** The newest look at it since it went in force, after so many labels; null where there was too little to tell. */
  watched: z
    .object({
      labels: z.number().int(),
      n: z.number().int(),
      gain: z.number().nullable(),
      se: z.number().nullable(),
      at: Instant,
    })
    .optional(),
});
export type RefitItem = z.infer<typeof RefitItem>;
