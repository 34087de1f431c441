import * as z from 'zod';
import { Tier } from '../decision.ts';
import { Layout } from '../layout.ts';

const LedgerBounds = z.object({ lowerSeconds: z.number(), upperSeconds: z.number(), upper90Seconds: z.number() });

/** What a job asks for, as the built-in forecast compares jobs. */
const AskedFor = { gpus: z.number(), procs: z.number(), queue: z.string() };

/** Numbers as functions/domain/forecast/codec.ts packs them. */
const Packed = z.instanceof(Uint8Array);

/** What the label of a round teaches the built-in forecast: what that said at the decision, and from what. */
export const LabelForecast = z.object({
  ...AskedFor,
  /** Standardised inputs of the decision. */
  z: Packed,
  /** As the models gave them, and as they were served; null for those with VGAC's p where it gave none. */
  bAlone: z.number(),
  bWithVgac: z.number().nullable(),
  qAlone: z.number(),
  qWithVgac: z.number().nullable(),
});
export type LabelForecast = z.infer<typeof LabelForecast>;

/**
 * One settled round, with everything the fold needs, so that the ledger alone rebuilds the calibration state bit for bit.
 * Times are seconds since the epoch.
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
  /** It took place, or was held out; false where a switch said no at the last moment. */
  done: z.boolean(),
  /** Reserved for it, in ten-thousandths of a token; what a wrong one costs. */
  cost: z.number().int(),
  /** Tiers passed over for want of tokens alone. */
  paper: z.array(Tier),
  /** Restarts of the tiers' tokens at the decision. */
  eras: z.array(z.number().int()).length(4),
  /** The scheduler was touched, by us or on a human's word: no usable label. */
  touched: z.boolean(),
  /** Its own intervention had to be undone, or its read-back failed. */
  undone: z.boolean(),
  /** The label; null when censored, or when it was known before the decision. */
  longWait: z.boolean().nullable(),
  /** The round's number in the lottery of the rings, in [0, 1). */
  draw: z.number(),
  /** Predicted point wait and actual wait, where both are known. */
  predictedWaitSeconds: z.number().nullable(),
  waitSeconds: z.number().nullable(),
  /** Bounds on the wait as they were served. */
  bounds: LedgerBounds,
  epoch: z.number(),
  /** Absent where it was decided without the built-in forecast. */
  forecast: LabelForecast.optional(),
});
export type LedgerEntry = z.infer<typeof LedgerEntry>;

/**
 * More of the wait of a job that was labelled long, and folded, before it started: a bound has elapsed, or it started. It
 * teaches the bounds on waits and nothing else.
 */
export const LedgerWait = z.object({
  jobId: z.string(),
  decisionId: z.string(),
  submittedAt: z.number(),
  /** It had waited so long by the line before; what that said of the bounds is folded. */
  fromSeconds: z.number(),
  /** It has waited so long by now, and started then or not. */
  toSeconds: z.number(),
  started: z.boolean(),
  /** As they were served. */
  bounds: LedgerBounds,
});
export type LedgerWait = z.infer<typeof LedgerWait>;

const ofRound = { jobId: z.string(), submittedAt: z.number() };

/** A round was submitted, and decided: from now on the forecast counts it as pending. */
export const SubmittedLine = z.object({
  kind: z.literal('submitted'),
  ...ofRound,
  ...AskedFor,
  /** Of the decision, taken before the round was counted itself. */
  inputs: Packed,
});
export type SubmittedLine = z.infer<typeof SubmittedLine>;

/** A round that was counted as pending has started. */
export const StartedLine = z.object({
  kind: z.literal('started'),
  ...ofRound,
  ...AskedFor,
  waitSeconds: z.number(),
  /** Standardised inputs of the decision. */
  z: Packed,
  /** The scheduler was touched before: its wait teaches no model. */
  touched: z.boolean(),
});
export type StartedLine = z.infer<typeof StartedLine>;

/** A round that was counted as pending has left without a start; `aged`: nothing was heard of it for too long. */
export const LeftLine = z.object({
  kind: z.literal('left'),
  ...ofRound,
  ...AskedFor,
  at: z.number(),
  cause: z.enum(['cancelled', 'ended', 'superseded', 'aged']),
});
export type LeftLine = z.infer<typeof LeftLine>;

/** A round that was counted as running has ended; `aged`: nobody said so, but nothing was heard of it for too long. */
export const EndedLine = z.object({
  kind: z.literal('ended'),
  ...ofRound,
  at: z.number(),
  runSeconds: z.number().nullable(),
  aged: z.boolean(),
});
export type EndedLine = z.infer<typeof EndedLine>;

/** How long the queue really was, by the scheduler: corrects what the forecast has counted. */
export const SnapshotLine = z.object({
  kind: z.literal('snapshot'),
  at: z.number(),
  pending: z.number().int(),
  running: z.number().int(),
  /** Null where the collector does not say. */
  pendingGpus: z.number().nullable(),
});
export type SnapshotLine = z.infer<typeof SnapshotLine>;

/** What the built-in forecast counts. Labels and waits have no `kind`: they were the first. */
export const QueueLine = z.discriminatedUnion('kind', [SubmittedLine, StartedLine, LeftLine, EndedLine, SnapshotLine]);
export type QueueLine = z.infer<typeof QueueLine>;

/**
 * The beginning of an epoch: a refit of the built-in forecast goes in force, promoted because it was proven better, or what was
 * learned before comes back, because the refit was worse. A batch carries it, so that the ledger alone still rebuilds the state bit
 * for bit.
 */
export const EpochChange = z.object({
  epoch: z.number().int().min(1),
  cause: z.enum(['promoted', 'rolledBack']),
  /** The execution or the person that asked for it: a retry recognises its own. */
  by: z.string(),
  /**
   * What the built-in forecast goes on from, as its codec writes it, and what it had learned until then, for the way back. Absent
   * where an earlier version began the epoch with an isotonic map, which is in force no more.
   */
  learned: z.instanceof(Uint8Array).optional(),
  before: z.instanceof(Uint8Array).optional(),
});
export type EpochChange = z.infer<typeof EpochChange>;

/** A tier's numbers as a batch was folded with them: an operator may change them later. */
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
 * `PK = CLUSTER#{id}`, `SK = LEDGER#{version}` (zero-padded); kept for good. Version 0 has no entries: it is the birth of
 * the calibration state. What the item held at the moment and the fold needs stands in the batch: what was reserved, and
 * the caps that demand had raised.
 */
export const LedgerItem = z.object({
  PK: z.string(),
  SK: z.string(),
  v: Layout,
  version: z.number(),
  folded_at: z.string(),
  /** T in seconds: the length of a stretch. */
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
