import * as z from 'zod';
import { Scope } from './primitives.ts';

/** Why a rule held the agent back: a stable code for machines, a sentence for people, the number needed to pass. */
export const Reason = z.object({ code: z.string(), message: z.string(), scope: Scope });
export type Reason = z.infer<typeof Reason>;

export const DriftBand = z.enum(['none', 'monitor', 'degrade', 'escalate']);
export type DriftBand = z.infer<typeof DriftBand>;

/** Active alarms of the two calibration detectors: on raw p, on served q. */
export const DriftAlarm = z.enum(['none', 'raw', 'served', 'both']);
export type DriftAlarm = z.infer<typeof DriftAlarm>;

/**
 * How far this cluster's predictions may be trusted now. Part of the state, so that the AWS console answers "why".
 * ECE values are debiased (CALIBRATION.md section 1); null if there is no evidence yet.
 */
export const Verdict = z.object({
  score: z.number().nullable(),
  scope: Scope,
  ece: z.number().nullable(),
  eceLower: z.number().nullable(),
  eceUpper: z.number().nullable(),
  /** What a perfect model would show with n labels. */
  nullMean: z.number().nullable(),
  /** Number of labels behind the ECE. */
  n: z.number().int(),
  /** q is better than the base rate, with one-sided 99 % confidence. */
  skilled: z.boolean(),
  epoch: z.number().int(),
  version: z.number().int(),
  /** The band that the lower bound of the ECE supports now; the announced band lags behind. */
  drift: DriftBand,
  /** Highest tier that the evidence supports, 0 to 4, whether or not tokens are left. */
  earnedTier: z.number().int().min(0).max(4),
  reasons: z.array(Reason),
});
export type Verdict = z.infer<typeof Verdict>;
