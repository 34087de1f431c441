import * as z from 'zod';
import { ClusterId, CollectorName, Instant, JobId, Platform, Text } from '../primitives.ts';

/** Source of events about clusters that are bound to no collector. */
export const COLLECTOR_SOURCE = 'vgac.collectors';
/** What the source of a named collector begins with; its name follows. */
export const NAMED_SOURCES = `${COLLECTOR_SOURCE}.`;

/** The one source that may speak of a cluster bound to this collector; of an unbound cluster where it is absent. */
export const sourceOf = (collector?: string): string =>
  collector === undefined ? COLLECTOR_SOURCE : `${NAMED_SOURCES}${collector}`;

const Source = z
  .string()
  .refine(
    (source) => source === COLLECTOR_SOURCE || isNamed(source),
    `must be ${COLLECTOR_SOURCE}, or that with the name of a collector: ${NAMED_SOURCES}NAME`,
  );
const isNamed = (source: string) =>
  source.startsWith(NAMED_SOURCES) && CollectorName.safeParse(source.slice(NAMED_SOURCES.length)).success;

/** Collectors write `null` for what a scheduler does not report; it means the same as an absent field. */
const optional = <T extends z.ZodType>(schema: T) =>
  schema
    .nullable()
    .transform((value) => value ?? undefined)
    .optional();

/** Slurm stores priorities and minutes as unsigned 32-bit numbers and uses the full range. */
const UINT32 = 4_294_967_295;

export const JobRequest = z.strictObject({
  /** May be fractional. */
  gpus: z.number().min(0).max(100_000),
  cpuMillis: z.number().int().min(0).max(1_000_000_000),
  memoryGb: z.number().min(0).max(10_000_000),
  gpuType: optional(Text),
  distributed: optional(z.boolean()),
  estimatedMinutes: optional(z.number().min(0).max(UINT32)),
});
export type JobRequest = z.infer<typeof JobRequest>;

/** A job was submitted to a cluster: starts one execution of job-workflow. */
export const JobSubmitted = z.strictObject({
  schemaVersion: z.literal(1),
  clusterId: ClusterId,
  platform: Platform,
  jobId: JobId,
  submittedAt: Instant,
  user: optional(Text),
  queue: optional(Text),
  namespace: optional(Text),
  priority: optional(z.number().int().min(-2_147_483_648).max(UINT32)),
  request: JobRequest,
  /** Can only choose among the actions configured for the cluster. */
  proposedAction: optional(Text),
});
export type JobSubmitted = z.infer<typeof JobSubmitted>;

const outcome = {
  schemaVersion: z.literal(1),
  clusterId: ClusterId,
  jobId: JobId,
  /** Identifies the round. Without it the outcome belongs to the latest round submitted before it. */
  submittedAt: optional(Instant),
};

export const JobStarted = z.strictObject({ ...outcome, startedAt: Instant });
export const JobEnded = z.strictObject({ ...outcome, endedAt: Instant, state: z.enum(['succeeded', 'failed']) });
export const JobCancelled = z.strictObject({ ...outcome, cancelledAt: Instant });

/** The length of the queue as the scheduler reports it: corrects what the built-in forecast has counted from events. */
export const QueueSnapshot = z.strictObject({
  schemaVersion: z.literal(1),
  clusterId: ClusterId,
  platform: Platform,
  observedAt: Instant,
  pendingJobs: z.number().int().min(0).max(100_000_000),
  runningJobs: z.number().int().min(0).max(100_000_000),
  pendingGpus: optional(z.number().min(0).max(100_000_000)),
});

const envelope = {
  id: z.string().max(256).optional(),
  account: z.string().max(64).optional(),
  region: z.string().max(64).optional(),
  time: z.string().max(64).optional(),
  /** Set by EventBridge on an event that comes from the archive; its `time` is then that of its first delivery. */
  'replay-name': z.string().max(256).optional(),
  source: Source,
};

/** What EventBridge delivers to the state machine and the handlers: the envelope with the collector's detail. */
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

export const QueueSnapshotEvent = z.object({
  ...envelope,
  'detail-type': z.literal('QueueSnapshot'),
  detail: QueueSnapshot,
});
