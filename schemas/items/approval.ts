import * as z from 'zod';
import { Decision } from '../decision.ts';
import { EffectStatus } from '../effect.ts';
import { Layout } from '../layout.ts';
import { Instant, TierName } from '../primitives.ts';

/** `act`: may the agent do this? `keep`: a hold is in place; keep it, or release it? */
export const Question = z.enum(['act', 'keep']);
export type Question = z.infer<typeof Question>;

/** `alone`: nobody was asked, since the agent might do this itself; there is nothing to answer, only something to undo. */
export const ApprovalStatus = z.enum(['pending', 'approved', 'denied', 'expired', 'void', 'alone']);
export type ApprovalStatus = z.infer<typeof ApprovalStatus>;
/** How a question to a human stands. */
export type Asked = Exclude<ApprovalStatus, 'alone'>;

/** Where a person answered. */
export const AnsweredIn = z.enum(['slack', 'console', 'cli']);
export type AnsweredIn = z.infer<typeof AnsweredIn>;

/**
 * `PK = APPROVAL#{id}`, `SK = APPROVAL`. `listing = APPROVALS#OPEN` while something is left to do, then
 * `APPROVALS#CLOSED#{clusterId}`; its key begins with the expiry.
 */
export const ApprovalItem = z.object({
  PK: z.string(),
  SK: z.literal('APPROVAL'),
  v: Layout,
  approval_id: z.string(),
  cluster_id: z.string(),
  job_id: z.string(),
  submitted_at: Instant,
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
  /** A model's explanation for the card. Never read by a rule. */
  explanation: z.string().max(500).optional(),
  /** How often the machine asked. A retried question keeps the approval open until its own token is answered. */
  requests: z.number().int().default(1),
  /** When ApprovalDecided was emitted and audited; absent while that is still to be done. */
  announced_at: Instant.optional(),
  decided_by: z.string().optional(),
  decided_at: Instant.optional(),
  decided_reason: z.string().optional(),
  decided_via: AnsweredIn.optional(),
  /** When a person answered; stands even if the approval goes void later. */
  answered_at: Instant.optional(),
  /** What else could be done about this job here, besides waiting; shown, and pinned like the rest of the card. */
  alternatives: z.array(z.object({ action: z.string(), target: z.string().optional() })).default([]),
  /** When to remind; absent on approvals that are too short for it. */
  remind_at: Instant.optional(),
  reminded_at: Instant.optional(),
  /** How long after the effect it can be taken back from the card; 0 for not at all. */
  undo_seconds: z.number().int().default(0),
  /** More open approvals than this share one card in the channel. */
  cards_at_once: z.number().int().default(5),
  /** What came of the answer, as far as the row of the job says. */
  effect: z.object({ status: EffectStatus, at: Instant, reason: z.string().optional() }).optional(),
  undo_asked_by: z.string().optional(),
  undo_asked_at: Instant.optional(),
  /** What the card says, in a word: an update that would change nothing is not sent. */
  card_state: z.string().optional(),
});
export type ApprovalItem = z.infer<typeof ApprovalItem>;

/**
 * `PK = TOKEN#{approvalId}`, `SK = TOKEN`: a credential, readable by the webhook and the sweeper only. It has a
 * partition of its own, so that permissions can name it by its leading key.
 */
export const TokenItem = z.object({
  PK: z.string(),
  SK: z.literal('TOKEN'),
  v: Layout,
  token: z.string().max(2048),
  stored_at: Instant,
  ttl: z.number().int(),
});

/**
 * `PK = APPROVAL#{id}`, or `CLUSTER#{id}` for what happened to a whole cluster; `SK = AUDIT#{at}#{what}#{who}`: append only;
 * the same fact twice is one record.
 */
export const AuditItem = z.object({
  PK: z.string(),
  SK: z.string(),
  v: Layout,
  at: Instant,
  who: z.string(),
  what: z.string(),
  hash: z.string().nullable(),
  why: z.string().optional(),
});

/** `PK = APPROVAL#OPEN@{clusterId}`, `SK = DIGEST`: the card that stands for many, and how many are open. */
export const OpenDigestItem = z.object({
  PK: z.string(),
  SK: z.literal('DIGEST'),
  v: Layout,
  cluster_id: z.string(),
  /** Corrected by every sweep, so that a crash cannot make it wrong for long. */
  open: z.number().int(),
  channel: z.string().optional(),
  ts: z.string().optional(),
  shown: z.string().optional(),
});
export type OpenDigestItem = z.infer<typeof OpenDigestItem>;

/** `PK = APPROVAL#DAY@{clusterId}@{date}`, `SK = DIGEST`: what was withheld on one day, and who has seen it. */
export const DailyDigestItem = z.object({
  PK: z.string(),
  SK: z.literal('DIGEST'),
  v: Layout,
  cluster_id: z.string(),
  date: z.iso.date(),
  /** The message as it was posted, a line each. */
  message_lines: z.array(z.string()).default([]),
  posted_at: Instant.optional(),
  acknowledged_by: z.string().optional(),
  acknowledged_at: Instant.optional(),
});
export type DailyDigestItem = z.infer<typeof DailyDigestItem>;

/** What SendTaskSuccess carries, and what the machine branches on. */
export const ApprovalAnswer = z.object({
  decision: z.enum(['approved', 'denied', 'expired', 'void']),
  by: z.string(),
  at: Instant,
  reason: z.string(),
});
export type ApprovalAnswer = z.infer<typeof ApprovalAnswer>;
