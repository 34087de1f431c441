import * as z from 'zod';
import { Next, Tier } from '../decision.ts';
import { AnsweredIn } from '../items/approval.ts';
import { RowStatus } from '../items/job.ts';
import { ClusterId, Instant, JobId, Scope } from '../primitives.ts';
import { DriftAlarm, DriftBand, Reason } from '../verdict.ts';

export const AGENTIC_SOURCE = 'vgac.agentic';

const v1 = { schemaVersion: z.literal(1), clusterId: ClusterId };
/** One round of a job: its id, and when it was submitted. */
const round = { ...v1, jobId: JobId, submittedAt: Instant };

export const DecisionRecorded = z.object({
  ...round,
  decisionId: z.string().nullable(),
  scope: Scope.nullable(),
  /** The tier the job called for, and the one done or held out; 0 for none. */
  called: Tier.nullable(),
  tier: Tier.nullable(),
  next: Next.nullable(),
  /** A human was asked, possibly in addition to what was done. */
  asked: z.boolean(),
  dryRun: z.boolean(),
  status: RowStatus,
  reasons: z.array(Reason),
  at: Instant,
});
export const ApprovalRequested = z.object({
  ...round,
  approvalId: z.string(),
  action: z.string(),
  expiresAt: Instant,
});
export const ApprovalDecided = z.object({
  ...round,
  approvalId: z.string(),
  decision: z.enum(['approved', 'denied', 'expired', 'void']),
  by: z.string(),
  /** Where a person answered; absent if none did. */
  via: AnsweredIn.optional(),
  at: Instant,
});
/** A person asked to undo an effect; the approval says who and when. */
export const UndoRequested = z.object({ ...round, approvalId: z.string() });
export const DriftDetected = z.object({
  ...v1,
  band: DriftBand,
  previous: DriftBand,
  /**
   * Which detector raised an alarm: on raw p, VGAC's model has drifted; on served q, what we serve does not match the
   * outcomes.
   */
  alarm: DriftAlarm,
  previousAlarm: DriftAlarm,
  /** What changed, in words. */
  what: z.string(),
  ece: z.number().nullable(),
  n: z.number().int(),
  nullMean: z.number().nullable(),
  at: Instant,
});
/** Lower and upper 90 % bound. */
const Bounds = z.tuple([z.number(), z.number()]);

/**
 * A refit of the forecast went into force, or was rolled back to the model before it. Log loss in nats, ECE debiased
 * with its bounds, over `n` labels.
 */
export const CalibrationPromoted = z.object({
  ...v1,
  epoch: z.number().int(),
  cause: z.enum(['promoted', 'rolledBack']),
  lossBefore: z.number(),
  lossAfter: z.number(),
  eceBefore: z.number(),
  eceAfter: z.number(),
  eceBeforeBounds: Bounds,
  eceAfterBounds: Bounds,
  n: z.number().int(),
  reason: z.string(),
  by: z.string(),
  at: Instant,
});
export type CalibrationPromoted = z.infer<typeof CalibrationPromoted>;
export const RecalibrationRequested = z.object({ ...v1, reason: z.string(), at: Instant });

/** What EventBridge delivers to explain-approval. */
export const ApprovalRequestedEvent = z.object({
  source: z.literal(AGENTIC_SOURCE),
  'detail-type': z.literal('ApprovalRequested'),
  detail: ApprovalRequested,
});

/** detail-type -> detail of everything this system emits. */
export const EmittedEvents = {
  DecisionRecorded,
  ApprovalRequested,
  ApprovalDecided,
  UndoRequested,
  DriftDetected,
  CalibrationPromoted,
  RecalibrationRequested,
} as const;
export type EmittedType = keyof typeof EmittedEvents;
