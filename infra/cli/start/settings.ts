import { randomBytes } from 'node:crypto';
import { secretNames } from '../../aws/names.ts';
import type { SlackSecrets } from './data-folder.ts';
import { SCHEDULER_SECRET } from './plan.ts';

/** What the environment may say; anything else in it reaches no function. */
export interface Environment {
  VGAC_API_BASE_URL?: string | undefined;
  VGAC_API_KEY?: string | undefined;
  VGAC_TIMEOUT_SECONDS?: string | undefined;
  SLACK_API_BASE_URL?: string | undefined;
  SLACK_BOT_TOKEN?: string | undefined;
  SLACK_SIGNING_SECRET?: string | undefined;
  SLACK_DEFAULT_CHANNEL?: string | undefined;
  SLACK_TEAM_ID?: string | undefined;
  SLACK_APP_ID?: string | undefined;
  SLACK_WEBHOOK_URL?: string | undefined;
  NEW_CLUSTERS_PER_DAY?: string | undefined;
  EXPLANATIONS?: string | undefined;
  EXPLANATION_MODEL_ID?: string | undefined;
  EXPLANATIONS_PER_DAY?: string | undefined;
  /** Where explanations are asked for; without it nobody on this machine speaks for a model. */
  AWS_ENDPOINT_URL_BEDROCK_RUNTIME?: string | undefined;
}

/** Settings that shape the assembly. Secrets are not among them: it only learns that there is one. */
export function assemblySettings(environment: Environment): Record<string, string> {
  const settings: Record<string, string> = {};
  if (environment.SLACK_DEFAULT_CHANNEL) settings.SLACK_DEFAULT_CHANNEL = environment.SLACK_DEFAULT_CHANNEL;
  if (environment.SLACK_TEAM_ID) settings.SLACK_TEAM_ID = environment.SLACK_TEAM_ID;
  if (environment.SLACK_APP_ID) settings.SLACK_APP_ID = environment.SLACK_APP_ID;
  if (environment.VGAC_TIMEOUT_SECONDS) settings.VGAC_TIMEOUT_SECONDS = environment.VGAC_TIMEOUT_SECONDS;
  if (environment.NEW_CLUSTERS_PER_DAY) settings.NEW_CLUSTERS_PER_DAY = environment.NEW_CLUSTERS_PER_DAY;
  if (environment.VGAC_API_KEY) settings.VGAC_API_KEY_SECRET = 'yes';
  if (environment.SLACK_WEBHOOK_URL) settings.SLACK_WEBHOOK_URL_SECRET = 'yes';
  const { EXPLANATIONS, EXPLANATION_MODEL_ID, EXPLANATIONS_PER_DAY } = environment;
  if (EXPLANATIONS && environment.AWS_ENDPOINT_URL_BEDROCK_RUNTIME) settings.EXPLANATIONS = EXPLANATIONS;
  if (EXPLANATION_MODEL_ID) settings.EXPLANATION_MODEL_ID = EXPLANATION_MODEL_ID;
  if (EXPLANATIONS_PER_DAY) settings.EXPLANATIONS_PER_DAY = EXPLANATIONS_PER_DAY;
  return settings;
}

/** Values of the secrets, under the names that the template uses. The scheduler's key is new with each start. */
export function secretValues(environment: Environment, slack: SlackSecrets): Record<string, string> {
  const names = secretNames('local');
  return {
    [names.slackBotToken]: slack.botToken,
    [names.slackSigningSecret]: slack.signingSecret,
    ...(environment.VGAC_API_KEY && { [names.vgacApiKey]: environment.VGAC_API_KEY }),
    ...(environment.SLACK_WEBHOOK_URL && { [names.slackWebhookUrl]: environment.SLACK_WEBHOOK_URL }),
    [SCHEDULER_SECRET]: randomBytes(24).toString('hex'),
  };
}

/** Base URLs that functions call: as given, else those of the stand-ins. */
export function baseUrls(environment: Environment, consoleUrl: string): { vgac: string; slack: string } {
  return {
    vgac: environment.VGAC_API_BASE_URL || `${consoleUrl}vgac`,
    slack: environment.SLACK_API_BASE_URL || `${consoleUrl}slack/api`,
  };
}
