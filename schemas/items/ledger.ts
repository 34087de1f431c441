import * as z from 'zod';
import { Tier } from '../decision.ts';
import { Layout } from '../layout.ts';

const LedgerBounds = z.object({ lowerSeconds: z.number(), upperSeconds: z.number(), upper90Seconds: z.number() });

/** What a job asks for, in the terms by which the built-in forecast compares jobs. */
const AskedFor = { gpus: z.number(), procs: z.number(), queue: z.string() };

/** Numbers as functions/domain/forecast/codec.ts packs them. */
const Packed = z.instanceof(Uint8Array);

/** What the built-in forecast learns from the label of a round: what it said at the decision, and its inputs. */
export const LabelForecast = z.object({
  ...AskedFor,
  /** Standardized inputs of the decision. */
  z: Packed,
  /** As the models gave them and as they were served; those with VGAC's p are null if it gave none. */
  bWithoutVgac: z.number(),
  bWithVgac: z.number().nullable(),
  qWithoutVgac: z.number(),
  qWithVgac: z.number().nullable(),
});
export type LabelForecast = z.infer<typeof LabelForecast>;

/**
 * One settled round with everything the fold needs, so that the ledger alone can rebuild the calibration state bit
 * for bit. Times are seconds since the epoch.
 */
export const LedgerEntry = z.object({
  jobId: z.string(),
  decisionId: z.string(),
  submittedAt: z.number(),
  decidedAt: z.number(),
  labelAt: z.number(),
  /** VGAC's probability as given; null when it gave none. */
  p: z.number().nullable(),
  /** Served probability at the decision. */
  q: z.number().nullable(),
  /** The tier called for, and the one done or held out; 0 for none. */
  called: Tier,
  tier: Tier,
  heldOut: z.boolean(),
  /** It was done or held out; false if a switch refused it at the last moment. */
  done: z.boolean(),
  /** Reserved for it, in ten-thousandths of a token: the cost if it is wrong. */
  cost: z.number().int(),
  /** Tiers passed over only for lack of tokens. */
  paper: z.array(Tier),
  /** How often each tier's tokens had restarted at the decision. */
  eras: z.array(z.number().int()).length(4),
  /** The scheduler was touched, by us or on a human's approval: there is no usable label. */
  touched: z.boolean(),
  /** Its own intervention had to be undone, or its read-back failed. */
  undone: z.boolean(),
  /** The label; null if censored, or if it was known before the decision. */
  longWait: z.boolean().nullable(),
  /** The round's draw in the lottery of the rings, in [0, 1). */
  draw: z.number(),
  /** Predicted point wait and actual wait, if both are known. */
  predictedWaitSeconds: z.number().nullable(),
  waitSeconds: z.number().nullable(),
  /** Bounds on the wait as served. */
  bounds: LedgerBounds,
  epoch: z.number(),
  /** Absent if it was decided without the built-in forecast. */
  forecast: LabelForecast.optional(),
});
export type LedgerEntry = z.infer<typeof LedgerEntry>;

/**
 * More of the wait of a job that was labelled long and folded before it started: a bound has elapsed, or it started.
 * Only the bounds on waits learn from it.
 */
export const LedgerWait = z.object({
  jobId: z.string(),
  decisionId: z.string(),
  submittedAt: z.number(),
  /** The wait at the previous line; what follows from that for the bounds is folded. */
  fromSeconds: z.number(),
  /** The wait by now; `started` says whether it started then. */
  toSeconds: z.number(),
  started: z.boolean(),
  /** As served. */
  bounds: LedgerBounds,
});
export type LedgerWait = z.infer<typeof LedgerWait>;

const ofRound = { jobId: z.string(), submittedAt: z.number() };

/** A round was submitted and decided: from now on the forecast counts it as pending. */
export const SubmittedLine = z.object({
  kind: z.literal('submitted'),
  ...ofRound,
  ...AskedFor,
  /** Inputs of the decision, from before the round itself was counted. */
  inputs: Packed,
});
export type SubmittedLine = z.infer<typeof SubmittedLine>;

/** A round counted as pending has started. */
export const StartedLine = z.object({
  kind: z.literal('started'),
  ...ofRound,
  ...AskedFor,
  waitSeconds: z.number(),
  /** Standardized inputs of the decision. */
  z: Packed,
  /** The scheduler was touched before: no model learns from its wait. */
  touched: z.boolean(),
});
export type StartedLine = z.infer<typeof StartedLine>;

/** A round counted as pending has left without a start; `aged`: there was no event about it for too long. */
export const LeftLine = z.object({
  kind: z.literal('left'),
  ...ofRound,
  ...AskedFor,
  at: z.number(),
  cause: z.enum(['cancelled', 'ended', 'superseded', 'aged']),
});
export type LeftLine = z.infer<typeof LeftLine>;

/** A round counted as running has ended; `aged`: assumed, because there was no event about it for too long. */
export const EndedLine = z.object({
  kind: z.literal('ended'),
  ...ofRound,
  at: z.number(),
  runSeconds: z.number().nullable(),
  aged: z.boolean(),
});
export type EndedLine = z.infer<typeof EndedLine>;

/** The true length of the queue, from the scheduler: corrects what the forecast has counted. */
export const SnapshotLine = z.object({
  kind: z.literal('snapshot'),
  at: z.number(),
  pending: z.number().int(),
  running: z.number().int(),
  /** Null if the collector does not report it. */
  pendingGpus: z.number().nullable(),
});
export type SnapshotLine = z.infer<typeof SnapshotLine>;

/** What the built-in forecast counts. Labels and waits have no `kind`, because they came first. */
export const QueueLine = z.discriminatedUnion('kind', [SubmittedLine, StartedLine, LeftLine, EndedLine, SnapshotLine]);
export type QueueLine = z.infer<typeof QueueLine>;

/**
 * The start of an epoch: a refit of the built-in forecast goes into force because it proved better, or the model
 * before it is restored because the refit was worse. It is part of a batch, so that the ledger alone still rebuilds
 * the state bit for bit.
 */
export const EpochChange = z.object({
  epoch: z.number().int().min(1),
  cause: z.enum(['promoted', 'rolledBack']),
  /** The execution or person that asked for it: a retry recognizes its own. */
  by: z.string(),
  /**
   * The state the built-in forecast continues from, as its codec writes it, and its state until then, for a rollback.
   * Absent if an earlier version started the epoch with an isotonic map, which is no longer in force.
   */
  learned: z.instanceof(Uint8Array).optional(),
  before: z.instanceof(Uint8Array).optional(),
});
export type EpochChange = z.infer<typeof EpochChange>;

/** The tier numbers a batch was folded with: an operator may change them later. */
const LedgerTier = z.object({
  eps: z.number(),
  ece: z.number(),
  promise: z.number(),
  start: z.number().int(),
  cap: z.number().int(),
});

/** A number for each tier, lowest first. */
const PerTier = z.array(z.number().int()).length(4);

/**
 * `PK = CLUSTER#{id}`, `SK = LEDGER#{version}` (zero-padded); kept forever. Version 0 has no entries: it creates the
 * calibration state. The batch includes what the fold needs from the item at that moment: what was reserved, and the
 * caps raised by demand.
 */
export const LedgerItem = z.object({
  PK: z.string(),
  SK: z.string(),
  v: Layout,
  version: z.number(),
  folded_at: z.string(),
  /** T in seconds: the length of one stretch of time. */
  long_wait_seconds: z.number(),
  tiers: z.array(LedgerTier).length(4),
  /** Ten-thousandths of a token. */
  reserved: PerTier,
  caps: PerTier,
  entries: z.array(z.union([LedgerEntry, LedgerWait, QueueLine])),
  /** Applied before the entries; a batch that changes the epoch has none. */
  change: EpochChange.optional(),
});
export type LedgerItem = z.infer<typeof LedgerItem>;
