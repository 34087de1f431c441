import * as z from 'zod';
import { NEW_CLUSTERS_PER_DAY } from '../../functions/domain/thresholds.ts';
import { CollectorName } from '../../schemas/primitives.ts';

/** An account and region hold at most one stage, because the bus is called `vgac` in all of them. */
export const Stage = z.enum(['local', 'dev', 'prod']);
export type Stage = z.infer<typeof Stage>;

/** A role, and the name of its collector; without a name it speaks of the clusters that are bound to none. */
export interface CollectorPrincipal {
  arn: string;
  name?: string;
}

/** Where a stage runs and what it talks to. */
export interface SystemConfig {
  stage: Stage;
  /** Absent for `local`: the one-machine runtime fills in its own. */
  env?: { account: string; region: string };
  /** The only roles that may put collector events, each from its own source; empty for `local`. */
  collectorPrincipals: readonly CollectorPrincipal[];
  /** Absent for `local`: alarms are synthesized, but nobody is subscribed. */
  alarmEmail?: string;
  /** With an empty team or app, signed clicks from any workspace or app are accepted. */
  slack: { channel: string; baseUrl: string; webhookFallback: boolean; teamId: string; appId: string };
  /** Without a base URL only clusters that configure their own use VGAC. */
  vgac: { baseUrl: string; timeoutSeconds: number; apiKey: boolean };
  /** Clusters without a configuration that may become known by an event on one day; 0 for none. */
  newClustersPerDay: number;
  /** Without a model, explanations come from templates. */
  explanations: { modelId: string; perDay: number };
}

/** The stage cannot be synthesized with these settings. The message says what to set and how, for each. */
export class IncompleteStage extends Error {
  override name = 'IncompleteStage' as const;
}

const Channel = z.string().regex(/^(#[^\s#]{1,80}|[CG][A-Z0-9]{2,20})$/, 'must be a channel name or id');
const Url = z.url({ protocol: /^https?$/, error: 'must be a full URL' });
const YesNo = z.enum(['yes', 'no'], 'must be yes or no').transform((answer) => answer === 'yes');
// A whole account, or `*`, would let every role in it pose as a collector.
const RoleArn = z.string().regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/, 'must be role ARNs, or NAME=ARN');
const Collectors = z
  .string()
  .transform((text) =>
    text.split(',').map((given) => {
      const [, name, arn = ''] = /^(?:([^:=]*)=)?(.*)$/s.exec(given.trim()) ?? [];
      return name === undefined ? { arn } : { arn, name };
    }),
  )
  .pipe(z.array(z.object({ arn: RoleArn, name: CollectorName.exactOptional() })))
  .refine((all) => new Set(all.map(({ arn }) => arn)).size === all.length, 'must name each role once');

/** The current Claude Haiku, in whichever region has capacity: it receives numbers and never a name. */
const DEFAULT_MODEL = 'global.anthropic.claude-haiku-5-5';
const ModelId = z.string().regex(/^[a-z0-9][a-z0-9.:-]{2,200}$/, 'must be the id of a model or an inference profile');

/** Settings of every stage, with their defaults. */
const common = {
  VGAC_TIMEOUT_SECONDS: z.coerce.number('must be a number').min(0.1).max(20).default(10),
  VGAC_API_KEY_SECRET: YesNo.default(false),
  SLACK_API_BASE_URL: Url.default('https://slack.com/api'),
  SLACK_WEBHOOK_URL_SECRET: YesNo.default(false),
  SLACK_TEAM_ID: z
    .string()
    .regex(/^[TE][A-Z0-9]{2,20}$/, 'must be the id of a workspace')
    .optional(),
  SLACK_APP_ID: z
    .string()
    .regex(/^A[A-Z0-9]{2,20}$/, 'must be the id of an app')
    .optional(),
  NEW_CLUSTERS_PER_DAY: z.coerce.number('must be a number').int().min(0).max(1000).default(NEW_CLUSTERS_PER_DAY),
  EXPLANATIONS: YesNo.default(false),
  EXPLANATION_MODEL_ID: ModelId.default(DEFAULT_MODEL),
  EXPLANATIONS_PER_DAY: z.coerce.number('must be a number').int().min(0).max(100_000).default(200),
};

const LocalSettings = z.object({
  ...common,
  SLACK_DEFAULT_CHANNEL: Channel.default('#gpu-alerts'),
  VGAC_API_BASE_URL: Url.default('http://localhost:4580/vgac'),
});

const DeployedSettings = z.object({
  ...common,
  DEPLOY_ACCOUNT: z.string().regex(/^\d{12}$/, 'must be a 12-digit account id'),
  DEPLOY_REGION: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be the name of a region'),
  COLLECTOR_PRINCIPALS: Collectors,
  ALARM_EMAIL: z.email('must be one e-mail address'),
  SLACK_DEFAULT_CHANNEL: Channel,
  // Each cluster may have its own VGAC, or none.
  VGAC_API_BASE_URL: Url.default(''),
});

type SettingName = keyof z.infer<typeof DeployedSettings>;

/** What each setting means, and an example of it. */
const SETTINGS: Record<SettingName, { meaning: string; example: string }> = {
  DEPLOY_ACCOUNT: { meaning: 'the AWS account to deploy to', example: '123456789012' },
  DEPLOY_REGION: { meaning: 'the AWS region to deploy to', example: 'eu-central-1' },
  COLLECTOR_PRINCIPALS: {
    meaning:
      'the comma-separated roles of the VGAC collectors, NAME=ARN where clusters are bound to it; only they may put job events',
    example: 'arn:aws:iam::123456789012:role/vgac-collector',
  },
  ALARM_EMAIL: { meaning: 'the address that alarms go to', example: 'gpu-oncall@example.com' },
  SLACK_DEFAULT_CHANNEL: { meaning: 'the Slack channel for notices and approvals', example: '#gpu-alerts' },
  VGAC_API_BASE_URL: {
    meaning: 'the address of VGAC for clusters that do not configure their own',
    example: 'https://vgac.example.com',
  },
  VGAC_TIMEOUT_SECONDS: { meaning: 'how many seconds a call to VGAC may take, up to 20', example: '10' },
  VGAC_API_KEY_SECRET: { meaning: 'whether VGAC requires an API key, kept in Secrets Manager', example: 'yes' },
  SLACK_API_BASE_URL: { meaning: 'the address of the Slack API', example: 'https://slack.com/api' },
  SLACK_TEAM_ID: { meaning: 'the only Slack workspace whose clicks are accepted', example: 'T02ABCDEF' },
  SLACK_APP_ID: { meaning: 'the only Slack app whose clicks are accepted', example: 'A02ABCDEF' },
  SLACK_WEBHOOK_URL_SECRET: { meaning: 'whether there is an incoming webhook to fall back on', example: 'yes' },
  NEW_CLUSTERS_PER_DAY: {
    meaning: 'how many clusters that nobody configured may become known on one day (UTC), 0 for none',
    example: '20',
  },
  EXPLANATIONS: { meaning: 'whether a model on Amazon Bedrock writes the explanations of approvals', example: 'yes' },
  EXPLANATION_MODEL_ID: {
    meaning: 'the model or inference profile that explains approvals',
    example: 'eu.anthropic.claude-haiku-5-5',
  },
  EXPLANATIONS_PER_DAY: { meaning: 'how many calls to that model are allowed per day (UTC)', example: '200' },
};

/**
 * Reads the stage and its settings, each from the CDK context (`-c NAME=value`) or else from the environment.
 *
 * @param context looks up a name in the CDK context
 * @throws IncompleteStage when a required setting is missing or any is malformed; it lists all of them
 */
export function readConfig(
  context: (name: string) => unknown,
  environment: Record<string, string | undefined>,
): SystemConfig {
  // An empty variable counts as not set.
  const lookup = (name: string) => context(name) || environment[name] || undefined;
  const stage = Stage.safeParse(lookup('stage') ?? lookup('STAGE') ?? 'local');
  if (!stage.success) throw new IncompleteStage(`There is no such stage; choose -c stage=${Stage.options.join('|')}.`);
  const given = Object.fromEntries(Object.keys(SETTINGS).map((name) => [name, lookup(name)]));

  if (stage.data === 'local') {
    const settings = parse(LocalSettings, 'local', given);
    return { stage: 'local', collectorPrincipals: [], ...services(settings) };
  }
  const settings = parse(DeployedSettings, stage.data, given);
  return {
    stage: stage.data,
    env: { account: settings.DEPLOY_ACCOUNT, region: settings.DEPLOY_REGION },
    collectorPrincipals: settings.COLLECTOR_PRINCIPALS,
    alarmEmail: settings.ALARM_EMAIL,
    ...services(settings),
  };
}

function services(
  settings: z.infer<typeof LocalSettings>,
): Pick<SystemConfig, 'slack' | 'vgac' | 'newClustersPerDay' | 'explanations'> {
  return {
    newClustersPerDay: settings.NEW_CLUSTERS_PER_DAY,
    slack: {
      channel: settings.SLACK_DEFAULT_CHANNEL,
      baseUrl: settings.SLACK_API_BASE_URL,
      webhookFallback: settings.SLACK_WEBHOOK_URL_SECRET,
      teamId: settings.SLACK_TEAM_ID ?? '',
      appId: settings.SLACK_APP_ID ?? '',
    },
    vgac: {
      baseUrl: settings.VGAC_API_BASE_URL,
      timeoutSeconds: settings.VGAC_TIMEOUT_SECONDS,
      apiKey: settings.VGAC_API_KEY_SECRET,
    },
    explanations: {
      modelId: settings.EXPLANATIONS ? settings.EXPLANATION_MODEL_ID : '',
      perDay: settings.EXPLANATIONS_PER_DAY,
    },
  };
}

function parse<T extends z.ZodType>(schema: T, stage: Stage, given: Record<string, unknown>): z.infer<T> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0]);
    const { meaning, example } = SETTINGS[name as SettingName];
    const fault = given[name] === undefined ? 'is not set' : issue.message;
    return `${name} ${fault}: it is ${meaning}; set ${name}=${example} in the environment, or pass -c ${name}=${example}.`;
  });
  throw new IncompleteStage(`Stage ${stage} cannot be built.\n${[...new Set(faults)].join('\n')}`);
}
