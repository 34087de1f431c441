import * as z from 'zod';
import { ClusterId, Instant, JobId, Kind, Scope } from './primitives.ts';
import { Reason, Verdict } from './verdict.ts';

/** What each model says of a job, and which of them serves. */
export const Models = z.object({
  /** Whether q is of the queue's own state alone, or of that and VGAC's p: as long as that has shown to help. */
  servedBy: z.enum(['queue', 'queueAndVgac']),
  qAlone: z.number(),
  /** Null where VGAC gave no probability. */
  qWithVgac: z.number().nullable(),
  /** `silent`: it was asked and did not answer · `notAsked`: the cluster is without one. */
  vgac: z.enum(['answered', 'noProbability', 'silent', 'notAsked']),
  /** The point wait as VGAC gave it. */
  vgacWaitSeconds: z.number().nullable(),
});
export type Models = z.infer<typeof Models>;

/** What is served, and what VGAC said. Waits in seconds. */
export const ServedPrediction = z.object({
  /** VGAC's own P(wait > T); null when it gave none. Never shown or acted on. */
  p: z.number().nullable(),
  /** Served probability: of the built-in forecast. Null where nothing can be served, and then nothing calls. */
  q: z.number().nullable(),
  /** The wait to be expected, by the built-in forecast. */
  waitSeconds: z.number(),
  lowerSeconds: z.number(),
  upperSeconds: z.number(),
  /** One-sided 90 % bound. */
  upper90Seconds: z.number(),
  /** As VGAC says. */
  confidence: z.number().nullable(),
  /** Absent where nothing is served, and in decisions that are older than the built-in forecast. */
  models: Models.optional(),
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

/**
 * What becomes of a job: `nothing` is called for · `act` alone · `actAndNotify` · `holdOut` would have been done and is left
 * out on purpose · `ask` a human · `withhold` what was called for · `late`: started, or its label known.
 */
export const Next = z.enum(['nothing', 'act', 'actAndNotify', 'holdOut', 'ask', 'withhold', 'late']);
export type Next = z.infer<typeof Next>;

export const Tier = z.number().int().min(0).max(4);

/** A tier that was called for and not done: every rule that it did not pass, with the numbers needed. */
export const PassedOver = z.object({ tier: Tier, reasons: z.array(Reason).min(1) });
export type PassedOver = z.infer<typeof PassedOver>;

/** The question put to a human: an intervention that was called for and not carried out alone. */
export const Question = z.object({ tier: Tier, arguments: ActionArguments, argumentsHash: z.string() });
export type Question = z.infer<typeof Question>;

/** What the workflow decided for one round of a job. Recorded once; nothing about it changes afterwards. */
export const Decision = z.object({
  decisionId: z.string(),
  clusterId: ClusterId,
  jobId: JobId,
  /** With cluster and job: the round that was decided. */
  submittedAt: Instant,
  decidedAt: Instant,
  /** The tier that the job calls for, 0 for none. */
  called: Tier,
  /** The tier that is done, or held out; 0 for none. At most the one called for. */
  tier: Tier,
  /** Of the tier done or held out. */
  kind: Kind,
  /** Of the tier done or held out. */
  arguments: ActionArguments.nullable(),
  argumentsHash: z.string().nullable(),
  scope: Scope,
  next: Next,
  /** Asked beside, or instead of, what is done; null where nothing is. */
  asks: Question.nullable(),
  /** The agent's decision stands without a human; a reservation backs it. */
  executed: z.boolean(),
  /** Reserved for it, in ten-thousandths of a token: 1 token, or 1/h for a hold-out; 0 where nothing is. */
  cost: z.number().int().min(0),
  /** Share of such interventions that is left out on purpose, where the tier is one; else null. */
  holdOutShare: z.number().nullable(),
  /** Tiers passed over for want of tokens alone: what they would have done is scored on paper. */
  paper: z.array(Tier),
  /** Restarts of the tiers' tokens at the decision, lowest tier first: a label of an earlier start moves no token of a later. */
  eras: z.array(z.number().int()).length(4),
  passedOver: z.array(PassedOver),
  /** Whether the label of this job teaches: false when it was already known at the decision. */
  foldable: z.boolean(),
  /** Why it was not more, strictest first; the first is the one that is told. */
  reasons: z.array(Reason),
  prediction: ServedPrediction,
  evidence: Verdict,
  /** The sentence operators know, e.g. "Job will start in 4 minutes". */
  statement: z.string(),
  longWaitSeconds: z.number(),
  /** How long an approval of this decision stays open. */
  approvalTtlSeconds: z.number().int(),
  /** Whether the effects were to be real when it was decided. */
  dryRun: z.boolean(),
});
export type Decision = z.infer<typeof Decision>;
