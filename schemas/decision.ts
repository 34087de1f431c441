import * as z from 'zod';
import { ClusterId, Instant, JobId, Kind, Scope } from './primitives.ts';
import { Reason, Verdict } from './verdict.ts';

/** What each model says about a job, and which one is served. */
export const Models = z.object({
  /** Whether q comes from the queue's own state alone or also from VGAC's p, as long as p has shown that it helps. */
  servedBy: z.enum(['queue', 'queueAndVgac']),
  qWithoutVgac: z.number(),
  /** Null if VGAC gave no probability. */
  qWithVgac: z.number().nullable(),
  /** `silent`: it was asked and did not answer · `notAsked`: the cluster has none. */
  vgac: z.enum(['answered', 'noProbability', 'silent', 'notAsked']),
  /** The point wait as VGAC gave it. */
  vgacWaitSeconds: z.number().nullable(),
});
export type Models = z.infer<typeof Models>;

/** What is served and what VGAC said. Waits in seconds. */
export const ServedPrediction = z.object({
  /** VGAC's own P(wait > T); null when it gave none. Never shown or acted on. */
  p: z.number().nullable(),
  /** Served probability, from the built-in forecast. Null if nothing can be served, and then no tier is called for. */
  q: z.number().nullable(),
  /** Expected wait, from the built-in forecast. */
  waitSeconds: z.number(),
  lowerSeconds: z.number(),
  upperSeconds: z.number(),
  /** One-sided 90 % bound. */
  upper90Seconds: z.number(),
  /** VGAC's own. */
  confidence: z.number().nullable(),
  /** Absent if nothing is served, and in decisions older than the built-in forecast. */
  models: Models.optional(),
});
export type ServedPrediction = z.infer<typeof ServedPrediction>;

/** One action on one job, exactly as it would be done. A decision or an approval permits the hash of this. */
export const ActionArguments = z.object({
  action: z.string(),
  clusterId: ClusterId,
  jobId: JobId,
  target: z.string().optional(),
  text: z.string().optional(),
});
export type ActionArguments = z.infer<typeof ActionArguments>;

/**
 * What happens next to a job: `nothing` is called for · `act` autonomously · `actAndNotify` · `holdOut`: would have
 * acted, but is deliberately left out · `ask` a human · `withhold` what was called for · `late`: it started, or its
 * label is known.
 */
export const Next = z.enum(['nothing', 'act', 'actAndNotify', 'holdOut', 'ask', 'withhold', 'late']);
export type Next = z.infer<typeof Next>;

export const Tier = z.number().int().min(0).max(4);

/** A tier that was called for but not done: every rule it did not pass, with the numbers needed. */
export const PassedOver = z.object({ tier: Tier, reasons: z.array(Reason).min(1) });
export type PassedOver = z.infer<typeof PassedOver>;

/** The question for a human: an intervention that was called for but not carried out autonomously. */
export const Question = z.object({ tier: Tier, arguments: ActionArguments, argumentsHash: z.string() });
export type Question = z.infer<typeof Question>;

/** What the workflow decided for one round of a job. Recorded once and never changed. */
export const Decision = z.object({
  decisionId: z.string(),
  clusterId: ClusterId,
  jobId: JobId,
  /** Identifies the round, together with cluster and job. */
  submittedAt: Instant,
  decidedAt: Instant,
  /** The tier that the job calls for, 0 for none. */
  called: Tier,
  /** The tier that is done or held out; 0 for none. At most the one called for. */
  tier: Tier,
  /** Of the tier done or held out. */
  kind: Kind,
  /** Of the tier done or held out. */
  arguments: ActionArguments.nullable(),
  argumentsHash: z.string().nullable(),
  scope: Scope,
  next: Next,
  /** The question asked in addition to, or instead of, what is done; null if there is none. */
  asks: Question.nullable(),
  /** The agent's decision stands without a human, backed by a reservation. */
  executed: z.boolean(),
  /** Reserved for it, in ten-thousandths of a token: 1 token, or 1/h for a hold-out; 0 if nothing is done. */
  cost: z.number().int().min(0),
  /** Share of such interventions that is deliberately left out; null if the tier is not an intervention. */
  holdOutShare: z.number().nullable(),
  /** Tiers passed over only for lack of tokens: what they would have done is scored on paper. */
  paper: z.array(Tier),
  /**
   * How often each tier's tokens had restarted at the decision, lowest tier first: a label moves only tokens of its
   * own era.
   */
  eras: z.array(z.number().int()).length(4),
  passedOver: z.array(PassedOver),
  /** Whether the label of this job is learned from: false if it was already known at the decision. */
  foldable: z.boolean(),
  /** Why no more was done, strictest first; the first is the one shown to people. */
  reasons: z.array(Reason),
  prediction: ServedPrediction,
  evidence: Verdict,
  /** The sentence operators know, e.g. "Job will start in 4 minutes". */
  statement: z.string(),
  longWaitSeconds: z.number(),
  /** How long an approval of this decision stays open. */
  approvalTtlSeconds: z.number().int(),
  /** Whether the cluster was in dry run when this was decided. */
  dryRun: z.boolean(),
});
export type Decision = z.infer<typeof Decision>;
