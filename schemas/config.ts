import * as z from 'zod';
import { SlackUserId } from './ports/slack.ts';
import { ClusterId, Platform, Text } from './primitives.ts';

const BaseUrl = z.url({ protocol: /^https?$/, error: 'use a full URL such as https://vgac.example.com' });
/** Name of a secret, never the secret itself. */
const SecretName = z.string().regex(/^[A-Za-z0-9/_+=.@-]{1,512}$/, 'use the name of a secret, not its value');

const ActionChoice = z.strictObject({
  action: z.string().min(1),
  /** Where to, for actions that need it: another queue, a priority delta. */
  target: Text.optional(),
});

/**
 * Numbers of one tier that differ here (CALIBRATION.md section 4; the usual ones are in functions/domain/thresholds.ts).
 * A change of eps, ece, promise or tokens starts the tokens and counts of that tier anew.
 */
const TierOverrides = z
  .strictObject({
    /** Calls from this served probability on. */
    eps: z.number().min(0.01).max(0.99).optional(),
    /** R: the debiased ECE may be at most this. */
    ece: z.number().min(0.001).max(0.5).optional(),
    /** At least this share of what the tier does alone is right; never below eps - R. */
    promise: z.number().min(0.001).max(0.99).optional(),
    /** K: wrong acts that a tier may begin with. */
    tokens: z.number().min(0).max(1000).optional(),
    cap: z.number().min(0).max(10_000).optional(),
  })
  .optional();

/** Everything an operator decides about one cluster. An unknown cluster gets all the defaults, with dry run on. */
export const ClusterConfig = z.strictObject({
  clusterId: ClusterId,
  platform: Platform,
  /** T: a wait above so many seconds is long; the threshold that VGAC's model predicts, where there is one. */
  longWaitSeconds: z.number().int().min(1).max(86_400).default(300),
  /** On: nothing touches the scheduler, effects are recorded as "would have". */
  dryRun: z.boolean().default(true),
  vgac: z
    .strictObject({
      /** `builtin`: the cluster is without VGAC, and the built-in forecast of its queue serves alone. */
      variant: z.enum(['v1', 'platform', 'builtin']).default('v1'),
      baseUrl: BaseUrl.optional(),
      apiKeySecret: SecretName.optional(),
      timeoutSeconds: z.number().min(0.1).max(20).optional(),
      /** v1 only: `risk_score` is P(wait > T). Without it VGAC gives no probability, and the built-in forecast serves alone. */
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
   * Who is who in Slack: the name of a job's user, since nobody approves their own job; and the ARN of an IAM identity that
   * answers without Slack.
   */
  users: z.record(Text, SlackUserId).default({}),
  /** Off: the job of a user without a Slack id cannot be approved for tiers 3 and 4. */
  allowUnmappedUsers: z.boolean().default(false),
  tiers: z
    .strictObject({ annotate: TierOverrides, warn: TierOverrides, suggest: TierOverrides, gate: TierOverrides })
    .prefault({}),
  /** Questions are worth a human's time, or they are not asked. */
  asking: z
    .strictObject({
      /** Questions of this cluster that may be open at once, and asked within an hour. */
      open: z.number().int().min(0).max(100).default(6),
      perHour: z.number().int().min(0).max(1000).default(6),
      /** Places of each that only tier 4 may take. */
      keptForGate: z.number().int().min(0).max(100).default(2),
    })
    .prefault({}),
  limits: z
    .strictObject({
      /** Of one action on one job. */
      cooldownMinutes: z.number().min(0).max(10_080).default(30),
      /** Of the whole cluster, over all actions. */
      actionsPerHour: z.number().int().min(0).max(1000).default(60),
    })
    .prefault({}),
  /** A label that waits longer than this to be folded makes the evidence stale. */
  freshnessMinutes: z.number().min(1).max(1440).default(15),
  approvalTtlSeconds: z.number().int().min(1).max(604_800).default(14_400),
  approvals: z
    .strictObject({
      /** Before the expiry; 0 for none. An approval is never reminded of in the first half of its time. */
      reminderMinutes: z.number().min(0).max(1440).default(30),
      /** How long a reversible action can be taken back from its card; 0 for not at all. */
      undoMinutes: z.number().min(0).max(1440).default(15),
      /** More questions than this open in one channel are shown as cards with a list. */
      cardsAtOnce: z.number().int().min(1).max(100).default(3),
      /** Statements of which people are told share one message for so long. */
      statementMinutes: z.number().min(1).max(1440).default(15),
    })
    .prefault({}),
  /** Keys the lotteries of hold-outs and rings; generated by `configure` where it is absent. */
  salt: z.string().min(16).max(128).optional(),
  slackChannel: Text.optional(),
});
export type ClusterConfig = z.infer<typeof ClusterConfig>;

export const ConfigFile = z.strictObject({ clusters: z.array(ClusterConfig).min(1) });
export type ConfigFile = z.infer<typeof ConfigFile>;
