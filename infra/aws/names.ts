import type { Stage } from './config.ts';

/** Names that people, collectors and configuration files rely on; CloudFormation names everything else. */
export const SYSTEM = 'vgac-agentic';
export const BUS_NAME = 'vgac';
export const TABLE_NAME = 'vgac-agentic';

/**
 * Names of secrets. VGAC keys of single clusters are stored beside `vgac/api-key`, scheduler credentials under
 * `scheduler/`.
 */
export function secretNames(stage: Stage) {
  const prefix = `${SYSTEM}/${stage}`;
  return {
    slackBotToken: `${prefix}/slack/bot-token`,
    slackSigningSecret: `${prefix}/slack/signing-secret`,
    slackWebhookUrl: `${prefix}/slack/webhook-url`,
    vgacApiKey: `${prefix}/vgac/api-key`,
    anyVgacKey: `${prefix}/vgac/*`,
    anyScheduler: `${prefix}/scheduler/*`,
  };
}
