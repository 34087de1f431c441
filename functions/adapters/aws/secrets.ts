import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { clientSettings } from './client.ts';

const client = new SecretsManagerClient(clientSettings());
const TTL_MS = 5 * 60_000;
const cache = new Map<string, { value: string; until: number }>();

/** A secret is missing or empty. The message names it and never quotes its value. */
export class SecretUnavailable extends Error {
  override name = 'SecretUnavailable' as const;
}

/**
 * Reads a secret by name and caches it for five minutes, so that a rotation takes effect without a deployment.
 * @throws SecretUnavailable when it does not exist, is empty or cannot be read
 */
export async function readSecret(name: string): Promise<string> {
  const cached = cache.get(name);
  if (cached && cached.until > performance.now()) return cached.value;
  const value = await client
    .send(new GetSecretValueCommand({ SecretId: name }))
    .then((answer) => answer.SecretString)
    .catch((cause: unknown) => {
      throw new SecretUnavailable(`secret ${name} cannot be read`, { cause });
    });
  if (!value) throw new SecretUnavailable(`secret ${name} is empty: put its value in Secrets Manager`);
  cache.set(name, { value, until: performance.now() + TTL_MS });
  return value;
}
