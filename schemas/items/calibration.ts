import * as z from 'zod';
import { Layout } from '../layout.ts';
import { Instant, Platform } from '../primitives.ts';
import { DriftAlarm, DriftBand } from '../verdict.ts';

/**
 * Calibration state and reservations of one cluster in one item, so that one conditional update settles exactly.
 * `PK = CLUSTER#{id}`, `SK = CALIBRATION`; `listing = CLUSTERS` lists them all.
 */
export const CalibrationItem = z.object({
  PK: z.string(),
  SK: z.literal('CALIBRATION'),
  v: Layout,
  listing: z.literal('CLUSTERS'),
  listing_key: z.string(),
  cluster_id: z.string(),
  platform: Platform,
  /** The serialised state of functions/domain/calibration, at most 4 KB. */
  state: z.instanceof(Uint8Array),
  /** Batches folded so far. */
  version: z.number().int(),
  /** Newest batch whose rows are all marked as folded; one behind `version` after a crash between the two writes. */
  marked_version: z.number().int(),
  /** Keys of the rounds whose executed decision has no folded label yet. */
  in_flight_statement: z.set(z.string()).optional(),
  in_flight_intervention: z.set(z.string()).optional(),
  /** How many may be in flight, from the tokens at the last fold. */
  max_statement: z.number().int(),
  max_intervention: z.number().int(),
  // what operators read
  current_ece: z.number().nullable(),
  last_known_good_ece: z.number().nullable(),
  calibration_score: z.number().nullable(),
  sample_count: z.number().int(),
  recalibration_needed: z.boolean(),
  is_learning_mode: z.boolean(),
  last_updated: z.string(),
  /** Band and alarms that the bus was told last, those that people heard of in Slack, and the run that is telling another. */
  drift_band: DriftBand.optional(),
  drift_alarm: DriftAlarm.optional(),
  heard_band: DriftBand.optional(),
  heard_alarm: DriftAlarm.optional(),
  drift_run: z.string().optional(),
  drift_claimed_at: Instant.optional(),
  /** Why drift-monitor could not visit this cluster, and when people were last told. Gone with the next visit that succeeds. */
  visit_error: z.string().optional(),
  visit_error_told_at: Instant.optional(),
});
export type CalibrationItem = z.infer<typeof CalibrationItem>;
