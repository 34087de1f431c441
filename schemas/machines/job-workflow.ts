import * as z from 'zod';
import { Decision } from '../decision.ts';
import { Effect } from '../effect.ts';
import { JobSubmitted } from '../events/collector.ts';
import { ApprovalAnswer, Question } from '../items/approval.ts';
import { RowStatus } from '../items/job.ts';
import { Observation, VgacCalibration } from '../ports/vgac.ts';
import { ClusterId, Instant } from '../primitives.ts';
import { Reason, Verdict } from '../verdict.ts';

/** What the machine carries about the round: the parsed detail of the event; a job array has its own id. */
export const Job = JobSubmitted;
export type Job = z.infer<typeof Job>;

/** The event as received: nothing in it is trusted before AdmitJob has parsed it. */
export const AdmitJobInput = z.object({ event: z.unknown(), execution: z.string() });
export const AdmitJobOutput = z.object({ job: Job });

export const ObserveInput = z.object({ job: Job });
export const ObserveOutput = Observation.extend({
  /** What is unusual compared with this cluster's profile; shown, but changes no scope. */
  anomalies: z.array(z.string()),
  /** What VGAC says about its own calibration; null if it says nothing. */
  vgacCalibration: VgacCalibration.nullable(),
});

export const CheckCalibrationInput = z.object({ job: Job });
export const CheckCalibrationOutput = Verdict;

/** The verdict is null if CheckCalibration failed: with unknown evidence a human decides. */
export const PredictInput = z.object({ job: Job, verdict: Verdict.nullable() });
export const PredictOutput = Decision;

/**
 * `apply` what the recorded decision permits · do what a human `approved` · `release` a hold.
 * The arguments come from the recorded row, never from the machine's state.
 */
export const ActStep = z.enum(['apply', 'approved', 'release']);
export const ActInput = z.object({
  clusterId: ClusterId,
  jobId: z.string(),
  submittedAt: Instant,
  decisionId: z.string(),
  step: ActStep,
});
export const ActOutput = Effect.extend({
  /**
   * What the machine does next: after a hold it asks whether to keep it; it asks about what was called for beyond the
   * effect.
   */
  follows: z.enum(['close', 'notify', 'ask', 'askToKeep', 'void']),
});

export const NotifyInput = z.object({ job: Job, decision: Decision, effect: Effect });
export const NotifyOutput = z.object({ sent: z.boolean() });

export const RequestApprovalInput = z.object({
  job: Job,
  decision: Decision,
  question: Question,
  taskToken: z.string().min(1).max(2048),
  executionArn: z.string(),
});
export const RequestApprovalOutput = z.object({ approvalId: z.string(), expiresAt: z.string() });

export const ExpireApprovalInput = z.object({ job: Job, decision: Decision, question: Question });
export const ExpireApprovalOutput = ApprovalAnswer;

export const VoidApprovalInput = z.object({ job: Job, decision: Decision, question: Question, reason: z.string() });
export const VoidApprovalOutput = ApprovalAnswer;

export const RecordOutcomeInput = z.object({
  job: Job,
  decision: Decision.nullable(),
  /** What was done on the agent's own decision, and what on a human's approval. */
  effect: Effect.nullable(),
  approvedEffect: Effect.nullable(),
  answer: ApprovalAnswer.nullable(),
  /** `$states.errorOutput`: Step Functions omits either part, or sets it to null, if it has nothing to say. */
  failure: z.object({ Error: z.string().nullish(), Cause: z.string().nullish() }).nullable(),
});
export const RecordOutcomeOutput = z.object({ status: RowStatus, reasons: z.array(Reason) });
