import type { ClusterConfig } from '../../../schemas/config.ts';
import { type Vgac, VgacMalformed, VgacRefused, VgacUnavailable } from '../../application/decisions/vgac.ts';
import { type HttpSettings, jsonClient } from '../http/json-client.ts';
import { vgacPlatform } from './platform.ts';
import { vgacV1 } from './v1.ts';

/** How to reach the VGAC of a cluster that has one. */
export type VgacConfig = Omit<ClusterConfig['vgac'], 'variant'> & { readonly variant: 'v1' | 'platform' };

/**
 * The VGAC of one cluster: its own base URL and time limit if configured, otherwise those of the installation.
 * @param defaults `apiKey` is the value of the key that belongs to that host
 * @throws VgacRefused if the base URL or the key is unusable
 */
export function connectVgac(config: VgacConfig, defaults: HttpSettings): Vgac {
  const baseUrl = config.baseUrl ?? defaults.baseUrl;
  if (baseUrl === '')
    throw new VgacRefused('VGAC has no address: set VGAC_API_BASE_URL, or vgac.baseUrl of this cluster', null);
  const call = jsonClient(
    {
      ...defaults,
      baseUrl,
      timeoutSeconds: config.timeoutSeconds ?? defaults.timeoutSeconds,
    },
    {
      unavailable: (message, cause) => new VgacUnavailable(`VGAC ${message}`, { cause }),
      refused: (message, status) => new VgacRefused(`VGAC ${message}`, status),
      malformed: (message) => new VgacMalformed(`VGAC ${message}`),
    },
  );
  return config.variant === 'platform' ? vgacPlatform(call) : vgacV1(call, config.riskScoreIsProbability);
}
