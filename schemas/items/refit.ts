import * as z from 'zod';
import { Layout } from '../layout.ts';
import { Instant } from '../primitives.ts';

/** Log loss in nats, debiased ECE with its 90 % bounds, and what a perfect model would show on the same sample. */
const Measured = z.object({
  loss: z.number(),
  ece: z.number(),
  lower: z.number(),
  upper: z.number(),
  nullMean: z.number(),
});

/** A gain in log loss with its standard error over stretches of time; positive is better. */
const Gain = { gain: z.number(), se: z.number(), stretches: z.number().int() };

/** How a refit did on the newest rounds, compared with what was really served. */
export const RefitProof = z.object({
  n: z.number().int(),
  /** Older rounds used only for fitting. */
  fitted: z.number().int(),
  ...Gain,
  /** What was served, and what the refit would have served. */
  before: Measured,
  after: Measured,
});
export type RefitProof = z.infer<typeof RefitProof>;

/**
 * `promoted`: in force and watched · `held`: has proved itself on jobs of its own · `rolledBack`: turned out worse ·
 * `restored`: the earlier model, in force again · `rejected`: the latest attempt for this epoch, which was not better.
 */
export const RefitStatus = z.enum(['promoted', 'held', 'rolledBack', 'restored', 'rejected']);
export type RefitStatus = z.infer<typeof RefitStatus>;

/** `PK = CLUSTER#{id}`, `SK = REFIT#{epoch}`: a refit of the built-in forecast and its proof; kept forever. */
export const RefitItem = z.object({
  PK: z.string(),
  SK: z.string(),
  v: Layout,
  epoch: z.number().int(),
  status: RefitStatus,
  proof: RefitProof.nullable(),
  /** What the proof said, in words. */
  reason: z.string(),
  /** The execution or person that asked for it. */
  by: z.string(),
  at: Instant,
  /** Ledger version that it was fitted on. */
  version: z.number().int(),
  /** For a rejected attempt, the number of labels the epoch had seen by then: the next attempt waits for more. */
  after_labels: z.number().int().optional(),
  /** The latest check since it went into force, after `labels` labels; null if there was too little data to tell. */
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
