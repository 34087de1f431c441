import * as z from 'zod';
import { ActionArguments, Decision, Tier } from '../decision.ts';
import { EffectStatus } from '../effect.ts';
import { Layout } from '../layout.ts';
import { Instant, TierName } from '../primitives.ts';

/** `act`: may the agent do this? `keep`: a hold is in place; keep it, or release it? */
export const Question = z.enum(['act', 'keep']);
export type Question = z.infer<typeof Question>;

/**
 * `autonomous`: nobody was asked, since the agent may act on its own; there is nothing to answer, only something to
 * undo.
 */
export const ApprovalStatus = z.enum(['pending', 'approved', 'denied', 'expired', 'void', 'autonomous']);
export type ApprovalStatus = z.infer<typeof ApprovalStatus>;
/** Status of a question to a human. */
export type Asked = Exclude<ApprovalStatus, 'autonomous'>;

/** Where a person answered. */
export const AnsweredIn = z.enum(['slack', 'console', 'cli']);
export type AnsweredIn = z.infer<typeof AnsweredIn>;

/**
 * The one action an approval is about: the intervention that is asked about, or the agent's own action. The approval
 * permits, undoes or releases exactly this.
 */
export const Subject = z.object({
  whose: z.enum(['own', 'asked']),
  tier: Tier,
  arguments: ActionArguments,
  argumentsHash: z.string(),
});
export type Subject = z.infer<typeof Subject>;

/**
 * `PK = APPROVAL#{id}`, `SK = APPROVAL`. `listing = APPROVALS#OPEN` while there is something left to do, then
 * `APPROVALS#CLOSED#{clusterId}`; its key starts with the expiry.
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
  /** Only what was shown may be done. */
  subject: Subject,
  /** The recorded decision: epoch, evidence, snapshot. */
  pinned: Decision,
  /** Of the job, as submitted. */
  queue: z.string().optional(),
  gpus: z.number().optional(),
  /**
   * How forecasts like this one turned out here: of `seen` with q >= eps, `right` waited long; `promise` is the
   * tier's.
   */
  record: z.object({ seen: z.number().int(), right: z.number().int(), promise: z.number() }).optional(),
  /** What the agent did about the job on its own before it asked, or would have done. */
  already: z.object({ action: z.string(), dryRun: z.boolean() }).optional(),
  requested_at: Instant,
  expires_at: Instant,
  execution_arn: z.string(),
  listing: z.string().optional(),
  listing_key: z.string().optional(),
  /** The channel as configured; its open approvals are counted together. */
  configured_channel: z.string().optional(),
  /** The channel as Slack names it, once there is a card. */
  channel: z.string().optional(),
  /** Slack's message timestamp: the id of the card. */
  card_ts: z.string().optional(),
  /** A model's explanation for the card. Never read by a rule. */
  explanation: z.string().max(500).optional(),
  /**
   * How often the machine asked. A retried question keeps the approval open until the retry's own token is answered.
   */
  requests: z.number().int().default(1),
  /** When ApprovalDecided was emitted and audited; absent until that is done. */
  announced_at: Instant.optional(),
  decided_by: z.string().optional(),
  decided_at: Instant.optional(),
  decided_reason: z.string().optional(),
  decided_via: AnsweredIn.optional(),
  /** When a person answered; kept even if the approval becomes void later. */
  answered_at: Instant.optional(),
  /** What else could be done about this job here, other than waiting; shown, and pinned like the rest of the card. */
  alternatives: z.array(z.object({ action: z.string(), target: z.string().optional() })).default([]),
  /** When to remind; absent on approvals too short for a reminder. */
  remind_at: Instant.optional(),
  reminded_at: Instant.optional(),
  /** How long after the effect it can be undone from the card; 0 for not at all. */
  undo_seconds: z.number().int().default(0),
  /** More open approvals than this share one card in the channel. */
  cards_at_once: z.number().int().default(3),
  /** What followed from the answer, according to the row of the job. */
  effect: z.object({ status: EffectStatus, at: Instant, reason: z.string().optional() }).optional(),
  undo_asked_by: z.string().optional(),
  undo_asked_at: Instant.optional(),
  /** A digest of what the card shows: an update that would change nothing is not sent. */
  card_state: z.string().optional(),
});
export type ApprovalItem = z.infer<typeof ApprovalItem>;

/**
 * `PK = TOKEN#{approvalId}`, `SK = TOKEN`: a credential, readable by the webhook, the sweeper and ingest-outcome
 * only. It has its own partition, so that permissions can match it by leading key.
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
 * `PK = APPROVAL#{id}`, or `CLUSTER#{id}` for what happened to a whole cluster; `SK = AUDIT#{at}#{what}#{who}`.
 * Append-only; the same fact twice is one record.
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

/**
 * `PK = APPROVAL#OPEN@{channel}`, `SK = DIGEST`: what is open in one channel, over all its clusters, in order of
 * arrival, and the cards that list the approvals beyond what people follow one by one.
 */
export const OpenDigestItem = z.object({
  PK: z.string(),
  SK: z.literal('DIGEST'),
  v: Layout,
  channel: z.string(),
  version: z.number().int(),
  /** `list`: the card that lists it; absent for an approval with its own card in the channel. */
  open: z.array(z.object({ id: z.string(), list: z.number().int().optional() })),
  lists: z.array(
    z.object({
      number: z.number().int(),
      /** Where the card is, once posted. */
      card: z.object({ channel: z.string(), ts: z.string() }).optional(),
      /** Hash of what it shows: an update that would change nothing is not sent. */
      shown: z.string().optional(),
    }),
  ),
  listing: z.string().optional(),
  listing_key: z.string().optional(),
});
export type OpenDigestItem = z.infer<typeof OpenDigestItem>;

/** How long a channel that takes no messages is left alone. */
export const ChannelPause = z.object({
  /** Runs in a row that reached nobody there. */
  failures: z.number().int().min(0).max(1_000_000),
  until: Instant,
});
export type ChannelPause = z.infer<typeof ChannelPause>;

/** `PK = APPROVAL#OPEN@{channel}`, `SK = PAUSE`. */
export const ChannelPauseItem = ChannelPause.extend({ PK: z.string(), SK: z.literal('PAUSE'), v: Layout });

/**
 * `PK = APPROVAL#LIST@{hash}`, `SK = LIST`: the questions of a list as it was shown once. Its buttons carry the hash
 * of the ids, so that they apply to what the person saw, whatever has been added since.
 */
export const ShownListItem = z.object({
  PK: z.string(),
  SK: z.literal('LIST'),
  v: Layout,
  ids: z.array(z.string()).min(1).max(10),
  shown_at: Instant,
  ttl: z.number().int(),
});
export type ShownListItem = z.infer<typeof ShownListItem>;

/**
 * `PK = APPROVAL#STATEMENTS@{clusterId}`, `SK = DIGEST`: the statements that share one message. Replaced as a whole
 * if its version is unchanged, so that two executions do not overwrite each other's statements.
 */
export const StatementsItem = z.object({
  PK: z.string(),
  SK: z.literal('DIGEST'),
  v: Layout,
  cluster_id: z.string(),
  version: z.number().int(),
  /** When the first statement of this message was made. */
  began_at: Instant,
  /** By tier; `annotateDry` and `warnDry` count those that would have been made. */
  counts: z.record(z.string(), z.number().int()),
  /** The latest ones, oldest first. */
  lines: z.array(z.string()),
  /** The latest decisions counted: a retry is not a second statement. */
  decision_ids: z.array(z.string()),
  /** Why people are notified at all, and how far to trust it; from the latest statement. */
  because: z.string(),
  mark: z.string(),
  /** When an execution began to post the message. */
  posting_at: Instant.optional(),
  /** Where the message is, once posted. */
  card: z.object({ channel: z.string(), ts: z.string() }).optional(),
  /** Totals of the previous message, for when it can no longer be edited. */
  earlier: z.object({ began_at: Instant, counts: z.record(z.string(), z.number().int()) }).optional(),
});
export type StatementsItem = z.infer<typeof StatementsItem>;

/** `PK = APPROVAL#DAY@{clusterId}@{date}`, `SK = DIGEST`: what was withheld on one day, and who has seen it. */
export const DailyDigestItem = z.object({
  PK: z.string(),
  SK: z.literal('DIGEST'),
  v: Layout,
  cluster_id: z.string(),
  date: z.iso.date(),
  /** The posted message, line by line. */
  message_lines: z.array(z.string()).default([]),
  posted_at: Instant.optional(),
  acknowledged_by: z.string().optional(),
  acknowledged_at: Instant.optional(),
});
export type DailyDigestItem = z.infer<typeof DailyDigestItem>;

/** The output of SendTaskSuccess, on which the machine branches. */
export const ApprovalAnswer = z.object({
  decision: z.enum(['approved', 'denied', 'expired', 'void']),
  by: z.string(),
  at: Instant,
  reason: z.string(),
});
export type ApprovalAnswer = z.infer<typeof ApprovalAnswer>;
