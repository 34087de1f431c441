import * as z from 'zod';

/** Wire format of a scheduler endpoint: effects are stored under the id of the decision that placed them. */
const text = z.string().min(1).max(2_000);
const ids = { decisionId: z.string().min(1).max(256), jobId: z.string().min(1).max(256) };

export const EffectRequest = z.discriminatedUnion('action', [
  z.strictObject({ ...ids, action: z.literal('annotate'), text }),
  z.strictObject({ ...ids, action: z.literal('warn'), text }),
  z.strictObject({ ...ids, action: z.literal('requeue'), queue: z.string().min(1).max(256) }),
  z.strictObject({ ...ids, action: z.literal('adjust-priority'), delta: z.number().int() }),
  z.strictObject({ ...ids, action: z.literal('hold') }),
]);

export const UndoRequest = z.strictObject({ decisionId: ids.decisionId });

/**
 * One effect as the scheduler stores it under the id of its decision. `before` is what undo needs. `Effect.undo`
 * contains this, so that another function can undo it later.
 */
export const PlacedEffect = z.object({
  decisionId: z.string().min(1),
  action: z.string(),
  jobId: z.string(),
  target: z.string().optional(),
  before: z.object({ queue: z.string().optional(), priority: z.number().optional(), held: z.boolean().optional() }),
  undone: z.boolean(),
});
export type PlacedEffect = z.infer<typeof PlacedEffect>;

/** `keyed` is the endpoint's word that it keeps effects by decision: each is found under its id, and done once. */
export const EffectLookup = z.object({ effect: PlacedEffect.nullable(), keyed: z.boolean().default(false) });
export const EffectAnswer = z.object({ effect: PlacedEffect });

/** The job as it is now, for the read-back. */
export const SchedulerJob = z.object({
  jobId: z.string(),
  queue: z.string(),
  priority: z.number(),
  held: z.boolean(),
  notes: z.array(z.object({ decisionId: z.string(), text: z.string() })),
});
