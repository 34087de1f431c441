import * as z from 'zod';
import { ClusterId, Instant, JobId, Kind, Scope } from './primitives.ts';
import { Reason, Verdict } from './verdict.ts';

/** What VGAC said, and what we serve after recalibration. Waits in seconds. */
export const ServedPrediction = z.object({
  /** VGAC's own P(wait > T); null when it gave none, and then nothing above tier 1 exists. Never shown or acted on. */
  p: z.number().nullable(),
  /** Served probability. */
  q: z.number().nullable(),
  waitSeconds: z.number(),
  lowerSeconds: z.number(),
  upperSeconds: z.number(),
  /** One-sided 90 % bound. */
  upper90Seconds: z.number(),
  confidence: z.number().nullable(),
});
export type ServedPrediction = z.infer<typeof ServedPrediction>;

/** One action on one job, exactly as it would be done. The hash of this is what a decision or an approval permits. */
export const ActionArguments = z.object({
  action: z.string(),
  clusterId: ClusterId,
  jobId: JobId,
  target: z.string().optional(),
  text: z.string().optional(),
});
export type ActionArguments = z.infer<typeof ActionArguments>;

export const Next = z.enum(['nothing', 'act', 'actAndNotify', 'ask', 'withhold']);
export type Next = z.infer<typeof Next>;

/** What the workflow decided for one job. Recorded once; nothing about it changes afterwards. */
export const Decision = z.object({
  decisionId: z.string(),
  clusterId: ClusterId,
  jobId: JobId,
  /** With cluster and job: the round that was decided. */
  submittedAt: Instant,
  decidedAt: Instant,
  /** Tier 0 to 4; 0 proposes nothing. */
  tier: z.number().int().min(0).max(4),
  kind: Kind,
  arguments: ActionArguments.nullable(),
  argumentsHash: z.string().nullable(),
  scope: Scope,
  next: Next,
  /** The agent's decision stood without a human; a reservation backs it. */
  executed: z.boolean(),
  /** Job already started or label already known: nothing runs. */
  late: z.boolean(),
  /** Would have run and was left out on purpose, so that evidence goes on. */
  holdout: z.boolean(),
  /** Whether the label of this job teaches: false when it was already known at the decision. */
  foldable: z.boolean(),
  reasons: z.array(Reason),
  prediction: ServedPrediction,
  evidence: Verdict,
  /** The sentence operators know, e.g. "Job will start in 4 minutes". */
  statement: z.string(),
  longWaitSeconds: z.number(),
  /** How long an approval of this decision stays open. */
  approvalTtlSeconds: z.number().int(),
});
export type Decision = z.infer<typeof Decision>;
