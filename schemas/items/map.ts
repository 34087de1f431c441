import * as z from 'zod';
import { Layout } from '../layout.ts';
import { Instant } from '../primitives.ts';
import { Knots } from './ledger.ts';

/** Log loss in nats and debiased ECE with its 90 % bounds, and what a perfect model would show on the same sample. */
const Measured = z.object({
  loss: z.number(),
  ece: z.number(),
  lower: z.number(),
  upper: z.number(),
  nullMean: z.number(),
});

/** A gain with its standard error; positive is better. */
const Difference = z.object({ gain: z.number(), se: z.number() });

/** How a map did among the experts, on jobs submitted after the labels that it was fitted on were known. */
export const MapProof = z.object({
  n: z.number().int(),
  /** Older labels that it was fitted on. */
  fitted: z.number().int(),
  /** Blocks of time that the errors of the gains are those of. */
  blocks: z.number().int(),
  /** Of log loss as it is served, and of the debiased ECE of the map alone. */
  loss: Difference,
  ece: Difference,
  /** What the mixture would have served with the map that was in force, or without one, and with this one in its place. */
  before: Measured,
  after: Measured,
  /** VGAC's p through the map that was in force, or as it is, and through this one. */
  mapBefore: Measured,
  mapAfter: Measured,
});
export type MapProof = z.infer<typeof MapProof>;

/**
 * `promoted` in force and watched · `held` has proven itself on labels of its own · `rolledBack` turned out worse ·
 * `restored` the map before, in force again · `rejected` the newest candidate for this epoch, which was not better.
 */
export const MapStatus = z.enum(['promoted', 'held', 'rolledBack', 'restored', 'rejected']);
export type MapStatus = z.infer<typeof MapStatus>;

/** `PK = CLUSTER#{id}`, `SK = MAP#{epoch}`: a map and its proof; kept for good. */
export const MapItem = z.object({
  PK: z.string(),
  SK: z.string(),
  v: Layout,
  epoch: z.number().int(),
  status: MapStatus,
  knots: Knots.nullable(),
  proof: MapProof.nullable(),
  /** What the proof said, in words. */
  reason: z.string(),
  /** The execution or the person that asked for it. */
  by: z.string(),
  at: Instant,
  /** Ledger version that it was fitted on. */
  version: z.number().int(),
  /** Labels that the epoch before had seen then: the next attempt waits for more. */
  after_labels: z.number().int(),
  /** The newest look at it since it went in force. */
  watched: z.object({ n: z.number().int(), gain: z.number(), se: z.number(), at: Instant }).optional(),
});
export type MapItem = z.infer<typeof MapItem>;
