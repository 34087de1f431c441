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

/** What is usual for one quantity by hour of the day (UTC), on the scale of functions/domain/profile.ts. */
export const Usual = z.object({
  hours: z.array(z.object({ n: z.number().int(), usual: z.number() })).length(24),
  /** Mean deviation from the usual of the hour, and the observations it stands on. */
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
  /** Absent where nobody says. */
  avg_gpu_utilization: z.number().optional(),
  typical_wait_minutes: z.number().optional(),
  /** Hours of the day, UTC. */
  peak_hours: z.array(z.number().int()).optional(),
  queue: Usual.optional(),
  utilisation: Usual.optional(),
  memory: Usual.optional(),
  /** What VGAC last said of its own calibration: it can raise drift to "monitor", and never changes a scope. */
  vgac_ece: z.number().optional(),
  vgac_recalibration_needed: z.boolean().optional(),
  last_updated: Instant,
});

/** `SK = FREEZE`, on a cluster or on `CLUSTER#*` for all: no effect while it exists. */
export const FreezeItem = z.object({
  PK: z.string(),
  SK: z.literal('FREEZE'),
  v: Layout,
  by: z.string(),
  reason: z.string(),
  at: Instant,
});

/** `SK = LIMIT#{action}#{jobId}`: when an action was last done to a job. Expires, since a cooldown is short. */
export const CooldownItem = z.object({
  PK: z.string(),
  SK: z.string(),
  v: Layout,
  /** That did it last: a retry of the same decision is not a second time. */
  decision: z.string(),
  last_at: z.number(),
  ttl: z.number().int(),
});

/** `SK = LIMIT#HOUR#{hour}`: the decisions that used an action in one hour of the clock, whatever action it was. */
export const HourItem = z.object({
  PK: z.string(),
  SK: z.string(),
  v: Layout,
  decisions: z.set(z.string()).optional(),
  ttl: z.number().int(),
});
