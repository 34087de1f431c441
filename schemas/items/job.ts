import * as z from 'zod';
import { Decision } from '../decision.ts';
import { Effect } from '../effect.ts';
import { JobRequest } from '../events/collector.ts';
import { Layout } from '../layout.ts';
import { Instant, Platform } from '../primitives.ts';
import { LabelForecast } from './ledger.ts';
import { Outline } from './listing.ts';

/** How a job's row ended. */
export const RowStatus = z.enum([
  'nothingNeeded',
  'acted',
  'heldOut',
  'withheld',
  'late',
  'approved',
  'denied',
  'expired',
  'void',
  'refused',
  'failed',
]);
export type RowStatus = z.infer<typeof RowStatus>;

/** The forecast of one round as its ledger lines need it, with the inputs from before the round was counted. */
export const RoundForecast = LabelForecast.extend({ inputs: z.instanceof(Uint8Array) });
export type RoundForecast = z.infer<typeof RoundForecast>;

/**
 * Claim, prediction, decision and outcome of one round in one row, so that events in any order are conditional writes
 * on one item. `PK = CLUSTER#{id}`, `SK = JOB#{jobId}#{submittedAt}` as built by functions/domain/round.ts.
 */
export const JobItem = z.object({
  PK: z.string(),
  SK: z.string(),
  v: Layout,
  cluster_id: z.string(),
  /** For a job array, the id of the array. */
  job_id: z.string(),
  submitted_at: Instant,
  ttl: z.number().optional(),
  // claim
  claimed_by: z.string().optional(),
  platform: Platform.optional(),
  user: z.string().optional(),
  queue: z.string().optional(),
  namespace: z.string().optional(),
  priority: z.number().optional(),
  request: JobRequest.optional(),
  proposed_action: z.string().optional(),
  listing: z.string().optional(),
  listing_key: z.string().optional(),
  /** Decision whose effect on an earlier round of this job caused this round: it is recorded but never acted on. */
  own_effect_of: z.string().optional(),
  // decision
  decision: Decision.optional(),
  outline: Outline.optional(),
  predicted_wait: z.number().optional(),
  confidence: z.number().optional(),
  /**
   * The intent, written before a call to the scheduler leaves, with the time until which that call may still arrive. The events
   * it causes may come before the effect is known. A `note` changes no queueing.
   */
  acting: z.object({ decisionId: z.string(), at: Instant, until: Instant, note: z.boolean() }).optional(),
  /** What Act did on the agent's own decision. */
  effect: Effect.optional(),
  /** What it did on a human's approval, in addition to that or instead. */
  approved_effect: Effect.optional(),
  // close
  status: RowStatus.optional(),
  failure: z.object({ error: z.string(), cause: z.string().optional() }).optional(),
  closed_at: Instant.optional(),
  // outcome
  started_at: Instant.optional(),
  ended_at: Instant.optional(),
  end_state: z.enum(['succeeded', 'failed']).optional(),
  cancelled_at: Instant.optional(),
  contradictions: z.number().optional(),
  /** The first events that contradict what was already stored; they are never refolded. */
  contradicting: z.array(z.object({ type: z.string(), at: Instant })).optional(),
  /** True: waited longer than T; false: did not; null: censored. Absent while unknown. */
  long_wait: z.boolean().nullable().optional(),
  label_at: Instant.optional(),
  actual_wait: z.number().optional(),
  error: z.number().optional(),
  // fold
  unfolded: z.string().optional(),
  unfolded_due: z.string().optional(),
  folded_in: z.number().optional(),
  /** Seconds of the wait already folded, if its label left bounds open. */
  waited_seconds: z.number().optional(),
  /** Its wait is completely folded. */
  wait_over: z.boolean().optional(),
  // built-in forecast
  /** The inputs of the forecast at the decision, and what each model said. */
  forecast: RoundForecast.optional(),
  /** How far the forecast has counted this round; absent if it has not. */
  counted: z.enum(['pending', 'running', 'over']).optional(),
  /** When a later round of the same job was submitted while this one was still pending. */
  superseded_at: Instant.optional(),
});
export type JobItem = z.infer<typeof JobItem>;
