import * as z from 'zod';
import { Layout } from '../layout.ts';
import { Instant, Platform } from '../primitives.ts';
import { DriftAlarm, DriftBand } from '../verdict.ts';

/**
 * Calibration state and reservations of one cluster in one item, so that one conditional update settles both exactly.
 * `PK = CLUSTER#{id}`, `SK = CALIBRATION`; `listing = CLUSTERS` lists them all.
 */
export const CalibrationItem = z.object({
  PK: z.string(),
  SK: z.literal('CALIBRATION'),
  v: Layout,
  listing: z.literal('CLUSTERS'),
  listing_key: z.string(),
  cluster_id: z.string(),
  platform: Platform.optional(),
  /** The serialized state of functions/domain/calibration, at most 8 KB. */
  state: z.instanceof(Uint8Array),
  /** Batches folded so far. */
  version: z.number().int(),
  /** Newest batch whose rows are all marked as folded; one behind `version` after a crash between the two writes. */
  marked_version: z.number().int(),
  /** Free tokens of each tier in ten-thousandths: its tokens minus what is reserved. */
  free_1: z.number().int(),
  free_2: z.number().int(),
  free_3: z.number().int(),
  free_4: z.number().int(),
  /** Who has reserved, and what: functions/domain/place.ts. */
  places_1: z.set(z.instanceof(Uint8Array)).optional(),
  places_2: z.set(z.instanceof(Uint8Array)).optional(),
  places_3: z.set(z.instanceof(Uint8Array)).optional(),
  places_4: z.set(z.instanceof(Uint8Array)).optional(),
  /** Rounds that call for exactly this tier and have no label yet, as 8-byte hashes. */
  open_1: z.set(z.instanceof(Uint8Array)).optional(),
  open_2: z.set(z.instanceof(Uint8Array)).optional(),
  open_3: z.set(z.instanceof(Uint8Array)).optional(),
  open_4: z.set(z.instanceof(Uint8Array)).optional(),
  /** Decaying maximum of what was open at once; it raises the caps. */
  demand_1: z.number(),
  demand_2: z.number(),
  demand_3: z.number(),
  demand_4: z.number(),
  // for operators
  current_ece: z.number().nullable(),
  last_known_good_ece: z.number().nullable(),
  calibration_score: z.number().nullable(),
  sample_count: z.number().int(),
  recalibration_needed: z.boolean(),
  is_learning_mode: z.boolean(),
  last_updated: z.string(),
  /** Band and alarms last emitted on the bus, those last posted in Slack, and the run that is posting the next. */
  drift_band: DriftBand.optional(),
  drift_alarm: DriftAlarm.optional(),
  heard_band: DriftBand.optional(),
  heard_alarm: DriftAlarm.optional(),
  drift_run: z.string().optional(),
  drift_claimed_at: Instant.optional(),
  /**
   * Why drift-monitor could not visit this cluster, and when people were last notified. Removed by the next
   * successful visit.
   */
  visit_error: z.string().optional(),
  visit_error_reported_at: Instant.optional(),
});
export type CalibrationItem = z.infer<typeof CalibrationItem>;
