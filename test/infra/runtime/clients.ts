import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient } from '@aws-sdk/client-sfn';
import type { System } from '../../../infra/runtime/system.ts';

/** Stock SDK clients that look at a running system. */
export function clients({ url, credentials }: System, keys = credentials) {
  const settings = { endpoint: url, region: 'us-east-1', credentials: { ...keys }, maxAttempts: 1 };
  const all = {
    dynamo: new DynamoDBClient(settings),
    events: new EventBridgeClient(settings),
    secrets: new SecretsManagerClient(settings),
    states: new SFNClient(settings),
  };
  return { ...all, destroy: () => Object.values(all).forEach((client) => void client.destroy()) };
}
