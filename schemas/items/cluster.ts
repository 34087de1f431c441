import * as z from 'zod';
import { ClusterConfig } from '../config.ts';
import { Layout } from '../layout.ts';
import { Instant } from '../primitives.ts';

/** `SK = CONFIG`. */
export const ConfigItem = z.object({
  PK: z.string(),
  SK: z.literal('CONFIG'),
  v: Layout,
  config: ClusterConfig,
  applied_at: Instant,
});

/** The usual values of one quantity by hour of the day (UTC), on the scale of functions/domain/profile.ts. */
export const Usual = z.object({
  hours: z.array(z.object({ n: z.number().int(), usual: z.number() })).length(24),
  /** Mean deviation from the hour's usual value, and the number of observations behind it. */
  spread: z.number(),
  measured: z.number().int(),
});
export type Usual = z.infer<typeof Usual>;

/** `SK = PROFILE`: what is usual here, learned from observations; shown, never a reason to act. */
export const ProfileItem = z.object({
  PK: z.string(),
  SK: z.literal('PROFILE'),
  v: Layout,
  observations: z.number().int(),
  avg_queue_depth: z.number(),
  /** Absent if not reported. */
  avg_gpu_utilization: z.number().optional(),
  typical_wait_minutes: z.number().optional(),
  /** Hours of the day, UTC. */
  peak_hours: z.array(z.number().int()).optional(),
  queue: Usual.optional(),
  utilisation: Usual.optional(),
  memory: Usual.optional(),
  /** What VGAC last said about its own calibration: it can raise drift to "monitor", but never changes a scope. */
  vgac_ece: z.number().optional(),
  vgac_recalibration_needed: z.boolean().optional(),
  last_updated: Instant,
});

/** `SK = FREEZE`, on a cluster or on `CLUSTER#*` for all: there are no effects while it exists. */
export const FreezeItem = z.object({
  PK: z.string(),
  SK: z.literal('FREEZE'),
  v: Layout,
  by: z.string(),
  reason: z.string(),
  at: Instant,
});

/** `SK = LIMIT#{action}#{jobId}`: when an action was last done to a job. It expires, since cooldowns are short. */
export const CooldownItem = z.object({
  PK: z.string(),
  SK: z.string(),
  v: Layout,
  /** Decision that did it last: a retry of the same decision does not count again. */
  decision: z.string(),
  last_at: z.number(),
  ttl: z.number().int(),
});

/** `SK = LIMIT#NEW#{day}` on `CLUSTER#*`: the clusters without a configuration that took a place on that UTC day. */
export const NewClustersItem = z.object({
  PK: z.string(),
  SK: z.string(),
  v: Layout,
  clusters: z.set(z.string()),
  ttl: z.number().int(),
});

/** `SK = LIMIT#HOUR#{hour}`: the decisions that took an action, whichever it was, in one clock hour. */
export const HourItem = z.object({
  PK: z.string(),
  SK: z.string(),
  v: Layout,
  decisions: z.set(z.string()).optional(),
  ttl: z.number().int(),
});
