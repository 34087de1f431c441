import * as z from 'zod';
import { ClusterId, Instant, JobId, Platform, Text } from '../primitives.ts';

export const COLLECTOR_SOURCE = 'vgac.collectors';

export const JobRequest = z.strictObject({
  gpus: z.number().int().min(0).max(100_000),
  cpuMillis: z.number().int().min(0).max(1_000_000_000),
  memoryGb: z.number().min(0).max(10_000_000),
  gpuType: Text.optional(),
  distributed: z.boolean().optional(),
  estimatedMinutes: z.number().min(0).max(525_600).optional(),
});
export type JobRequest = z.infer<typeof JobRequest>;

/** A job was submitted to a cluster: starts one execution of job-workflow. */
export const JobSubmitted = z.strictObject({
  schemaVersion: z.literal(1),
  clusterId: ClusterId,
  platform: Platform,
  jobId: JobId,
  submittedAt: Instant,
  user: Text.optional(),
  queue: Text.optional(),
  namespace: Text.optional(),
  priority: z.number().int().min(-2_147_483_648).max(2_147_483_647).optional(),
  request: JobRequest,
  /** May only choose among the actions configured for the cluster. */
  proposedAction: Text.optional(),
});
export type JobSubmitted = z.infer<typeof JobSubmitted>;

const outcome = { schemaVersion: z.literal(1), clusterId: ClusterId, jobId: JobId };

export const JobStarted = z.strictObject({ ...outcome, startedAt: Instant });
export const JobEnded = z.strictObject({ ...outcome, endedAt: Instant, state: z.enum(['succeeded', 'failed']) });
export const JobCancelled = z.strictObject({ ...outcome, cancelledAt: Instant });

const envelope = {
  id: z.string().max(256).optional(),
  account: z.string().max(64).optional(),
  region: z.string().max(64).optional(),
  time: z.string().max(64).optional(),
  source: z.literal(COLLECTOR_SOURCE),
};

/** What EventBridge hands to the machine and to the handlers: the envelope with the collector's detail. */
export const JobSubmittedEvent = z.object({
  ...envelope,
  'detail-type': z.literal('JobSubmitted'),
  detail: JobSubmitted,
});

export const OutcomeEvent = z.discriminatedUnion('detail-type', [
  z.object({ ...envelope, 'detail-type': z.literal('JobStarted'), detail: JobStarted }),
  z.object({ ...envelope, 'detail-type': z.literal('JobEnded'), detail: JobEnded }),
  z.object({ ...envelope, 'detail-type': z.literal('JobCancelled'), detail: JobCancelled }),
]);
export type OutcomeEvent = z.infer<typeof OutcomeEvent>;
