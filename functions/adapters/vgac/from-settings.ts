import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { ClusterConfig } from '../../../schemas/config.ts';
import type { Vgac } from '../../application/decisions/vgac.ts';
import { readSecret } from '../aws/secrets.ts';
import { connectVgac } from './connect.ts';
import { vgacKeyName } from './key-of-host.ts';

/** Environment of a function that calls VGAC. An empty key name means that VGAC needs none; an empty URL, that each cluster has its own. */
export const vgacSettings = {
  VGAC_API_BASE_URL: z.url().or(z.literal('')).default(''),
  VGAC_TIMEOUT_SECONDS: z.coerce.number().min(0.1).max(20).default(10),
  VGAC_API_KEY_NAME: z.string().default(''),
};

/** The VGAC of a cluster, with the key that belongs to its host, if there is one; null for a cluster without VGAC. */
export async function vgacFor(
  config: ClusterConfig,
  env: { VGAC_API_BASE_URL: string; VGAC_TIMEOUT_SECONDS: number; VGAC_API_KEY_NAME: string },
): Promise<Vgac | null> {
  const { variant, ...reached } = config.vgac;
  if (variant === 'builtin') return null;
  const keyName = vgacKeyName(reached, { baseUrl: env.VGAC_API_BASE_URL, keyName: env.VGAC_API_KEY_NAME });
  return connectVgac(
    { ...reached, variant },
    {
      baseUrl: env.VGAC_API_BASE_URL,
      timeoutSeconds: env.VGAC_TIMEOUT_SECONDS,
      apiKey: keyName ? await readSecret(keyName) : null,
      sleep: (milliseconds) => sleep(milliseconds),
      random: Math.random,
    },
  );
}
