import * as z from 'zod';
import { Decision } from '../decision.ts';
import { Instant, TierName } from '../primitives.ts';

/** `act`: may the agent do this? `keep`: a hold is in place; keep it, or release it? */
export const Question = z.enum(['act', 'keep']);
export type Question = z.infer<typeof Question>;

export const ApprovalStatus = z.enum(['pending', 'approved', 'denied', 'expired', 'void']);
export type ApprovalStatus = z.infer<typeof ApprovalStatus>;

/** `PK = APPROVAL#{id}`, `SK = APPROVAL`. `listing = APPROVALS#OPEN` while something is left to do. */
export const ApprovalItem = z.object({
  PK: z.string(),
  SK: z.literal('APPROVAL'),
  approval_id: z.string(),
  cluster_id: z.string(),
  job_id: z.string(),
  user: z.string().optional(),
  question: Question,
  tier: TierName,
  status: ApprovalStatus,
  /** The recorded decision: arguments hash, epoch, snapshot. What was shown is what may be done. */
  pinned: Decision,
  requested_at: Instant,
  expires_at: Instant,
  execution_arn: z.string(),
  listing: z.string().optional(),
  listing_key: z.string().optional(),
  channel: z.string().optional(),
  /** Slack's message timestamp: the id of the card. */
  card_ts: z.string().optional(),
  /** How often the machine asked. A retried question keeps the approval open until its own token is answered. */
  requests: z.number().int().default(1),
  /** When ApprovalDecided was emitted and audited; absent while that is still to be done. */
  announced_at: Instant.optional(),
  decided_by: z.string().optional(),
  decided_at: Instant.optional(),
  decided_reason: z.string().optional(),
});
export type ApprovalItem = z.infer<typeof ApprovalItem>;

/**
 * `PK = TOKEN#{approvalId}`, `SK = TOKEN`: a credential, readable by the webhook and the sweeper only. It has a
 * partition of its own, so that permissions can name it by its leading key.
 */
export const TokenItem = z.object({
  PK: z.string(),
  SK: z.literal('TOKEN'),
  token: z.string().max(2048),
  stored_at: Instant,
  ttl: z.number().int(),
});

/** `PK = APPROVAL#{id}`, `SK = AUDIT#{at}#{what}#{who}`: append only; the same fact twice is one record. */
export const AuditItem = z.object({
  PK: z.string(),
  SK: z.string(),
  at: Instant,
  who: z.string(),
  what: z.string(),
  hash: z.string().nullable(),
  why: z.string().optional(),
});

/** What SendTaskSuccess carries, and what the machine branches on. */
export const ApprovalAnswer = z.object({
  decision: z.enum(['approved', 'denied', 'expired', 'void']),
  by: z.string(),
  at: Instant,
  reason: z.string(),
});
export type ApprovalAnswer = z.infer<typeof ApprovalAnswer>;
