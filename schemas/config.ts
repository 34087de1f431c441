import * as z from 'zod';
import { SlackUserId } from './ports/slack.ts';
import { ClusterId, CollectorName, Platform, Text } from './primitives.ts';

const BaseUrl = z.url({ protocol: /^https?$/, error: 'use a full URL such as https://vgac.example.com' });
/** Name of a secret, never the secret itself. */
const SecretName = z.string().regex(/^[A-Za-z0-9/_+=.@-]{1,512}$/, 'use the name of a secret, not its value');

const ActionChoice = z.strictObject({
  action: z.string().min(1),
  /** Target of actions that need one: another queue, a priority delta. */
  target: Text.optional(),
});

/**
 * Overrides of one tier's numbers (CALIBRATION.md section 4; the defaults are in functions/domain/thresholds.ts). A
 * change of eps, ece, promise or tokens restarts the tokens and counts of that tier.
 */
const TierOverrides = z
  .strictObject({
    /** The tier is called for from this served probability on. */
    eps: z.number().min(0.01).max(0.99).optional(),
    /** R: the debiased ECE may be at most this. */
    ece: z.number().min(0.001).max(0.5).optional(),
    /** At least this share of the tier's autonomous acts is right; never below eps - R. */
    promise: z.number().min(0.001).max(0.99).optional(),
    /** K: the wrong acts a tier is granted at the start. */
    tokens: z.number().min(0).max(1000).optional(),
    cap: z.number().min(0).max(10_000).optional(),
  })
  .optional();

/** Everything an operator configures for one cluster. An unknown cluster gets all the defaults, with dry run on. */
export const ClusterConfig = z.strictObject({
  clusterId: ClusterId,
  /** Absent where nobody configured the cluster; a configuration file must say it. */
  platform: Platform.optional(),
  /**
   * The one collector whose events about this cluster are taken, from source `vgac.collectors.NAME`. Without it they come
   * from `vgac.collectors`, and from no named collector.
   */
  collector: CollectorName.optional(),
  /** T: a wait longer than this many seconds is long; the threshold of VGAC's model, if there is one. */
  longWaitSeconds: z.number().int().min(1).max(86_400).default(300),
  /** If on, nothing touches the scheduler; effects are recorded as "would have". */
  dryRun: z.boolean().default(true),
  vgac: z
    .strictObject({
      /** `builtin`: the cluster has no VGAC, and only the built-in forecast of its queue is served. */
      variant: z.enum(['v1', 'platform', 'builtin']).default('v1'),
      baseUrl: BaseUrl.optional(),
      apiKeySecret: SecretName.optional(),
      timeoutSeconds: z.number().min(0.1).max(20).optional(),
      /**
       * v1 only: `risk_score` is P(wait > T). Without it VGAC gives no probability, and only the built-in forecast is
       * served.
       */
      riskScoreIsProbability: z.boolean().default(false),
    })
    .prefault({}),
  scheduler: z
    .strictObject({
      kind: z.enum(['none', 'simulated']).default('none'),
      endpoint: BaseUrl.optional(),
      secret: SecretName.optional(),
    })
    .prefault({}),
  actions: z
    .strictObject({
      annotate: ActionChoice.optional(),
      warn: ActionChoice.optional(),
      suggest: z.array(ActionChoice).max(8).default([]),
      gate: ActionChoice.optional(),
    })
    .prefault({}),
  approvers: z
    .strictObject({ suggest: z.array(SlackUserId).default([]), gate: z.array(SlackUserId).default([]) })
    .prefault({}),
  /**
   * Slack ids of people: by the name of a job's user, since nobody may approve their own job, and by the ARN of an
   * IAM identity that answers outside Slack.
   */
  users: z.record(Text, SlackUserId).default({}),
  /** If off, the job of a user without a Slack id cannot be approved for tiers 3 and 4. */
  allowUnmappedUsers: z.boolean().default(false),
  tiers: z
    .strictObject({ annotate: TierOverrides, warn: TierOverrides, suggest: TierOverrides, gate: TierOverrides })
    .prefault({}),
  /** Limits on questions: one is asked only if it is worth a human's time. */
  asking: z
    .strictObject({
      /** How many questions of this cluster may be open at once, and asked within an hour. */
      open: z.number().int().min(0).max(100).default(6),
      perHour: z.number().int().min(0).max(1000).default(6),
      /** How many slots of each are reserved for tier 4. */
      keptForGate: z.number().int().min(0).max(100).default(2),
    })
    .prefault({}),
  limits: z
    .strictObject({
      /** For one action on one job. */
      cooldownMinutes: z.number().min(0).max(10_080).default(30),
      /** For the whole cluster, over all actions. */
      actionsPerHour: z.number().int().min(0).max(1000).default(60),
    })
    .prefault({}),
  /** Evidence is stale when a label has waited longer than this to be folded. */
  freshnessMinutes: z.number().min(1).max(1440).default(15),
  /**
   * Tiers 3 and 4 need outcomes from at least this many UTC days before they act alone, however many there are: a
   * flood of invented outcomes lasts minutes. With 0 or 1 they may act on the first day.
   */
  evidenceDays: z.number().int().min(0).max(365).default(3),
  approvalTtlSeconds: z.number().int().min(1).max(604_800).default(14_400),
  approvals: z
    .strictObject({
      /**
       * How long before the expiry to remind; 0 for never. No reminder is sent in the first half of an approval's
       * life.
       */
      reminderMinutes: z.number().min(0).max(1440).default(30),
      /** How long a reversible action can be undone from its card; 0 for not at all. */
      undoMinutes: z.number().min(0).max(1440).default(15),
      /** If more questions than this are open in one channel, cards with a list show the rest. */
      cardsAtOnce: z.number().int().min(1).max(100).default(3),
      /** Statements that people are notified of share one message for this long. */
      statementMinutes: z.number().min(1).max(1440).default(15),
    })
    .prefault({}),
  /** Key of the lotteries of hold-outs and rings; `configure` generates it if it is absent. */
  salt: z.string().min(16).max(128).optional(),
  slackChannel: Text.optional(),
});
export type ClusterConfig = z.infer<typeof ClusterConfig>;

/** What an operator writes for one cluster. */
export const ConfiguredCluster = ClusterConfig.extend({ platform: Platform });

export const ConfigFile = z.strictObject({ clusters: z.array(ConfiguredCluster).min(1) });
export type ConfigFile = z.infer<typeof ConfigFile>;
