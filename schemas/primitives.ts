import * as z from 'zod';
import { TIERS } from './tiers.ts';

/**
 * Free text that people may read: bounded and visible. Control characters and the invisible marks that reorder or
 * hide text have no place in a name. A pattern, so that the JSON Schema includes the rule. Escaped again wherever it
 * is shown.
 */
export const Text = z
  .string()
  .min(1)
  .max(256)
  .regex(
    /^[^\p{Cc}\p{Cs}\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+$/u,
    'must not contain control or invisible characters',
  );

export const ClusterId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'use 1 to 128 letters, digits, dot, dash or underscore');

/** Names one collector in the source of its events, and in its key. */
export const CollectorName = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/, 'use 1 to 40 lower-case letters, digits or dashes');

/** Slurm array tasks (`123_[4-7%2]`), Kubernetes uids and Batch ids all fit; spaces, quotes and braces do not. */
export const JobId = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.:/@+=,%[\]-]{0,255}$/, 'use a scheduler job id of 1 to 256 characters');

/** ISO 8601 in UTC, second or finer; years outside 2000 to 2099 mean a broken clock. */
export const Instant = z.iso
  .datetime({ offset: false, message: 'use ISO 8601 in UTC, e.g. 2026-11-20T08:00:00Z' })
  .regex(/^20\d\d-/, 'year must be between 2000 and 2099');

export const Platform = z.enum(['kubernetes', 'slurm', 'aws_batch']);
export type Platform = z.infer<typeof Platform>;

export const Scope = z.enum(['autonomous', 'notify', 'escalate']);
export type Scope = z.infer<typeof Scope>;

export const Kind = z.enum(['statement', 'intervention']);
export type Kind = z.infer<typeof Kind>;

/** Tiers 1 to 4; tier 0 is "say nothing", which is a statement too. */
export const TierName = z.enum(TIERS);
export type TierName = z.infer<typeof TierName>;
