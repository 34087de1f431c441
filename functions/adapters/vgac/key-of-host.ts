import type { ClusterConfig } from '../../../schemas/config.ts';

/** The installation's VGAC and its key, for clusters that do not configure their own. Either may be empty. */
interface Installation {
  readonly baseUrl: string;
  readonly keyName: string;
}

/**
 * The name of the key that is sent to a cluster's VGAC; empty for none. A key belongs to its host: whoever may configure one
 * cluster could otherwise have the installation's key sent to a host of their own.
 */
export function vgacKeyName(
  { baseUrl, apiKeySecret }: Pick<ClusterConfig['vgac'], 'baseUrl' | 'apiKeySecret'>,
  installation: Installation,
): string {
  if (apiKeySecret !== undefined && apiKeySecret !== installation.keyName) return apiKeySecret;
  return baseUrl === undefined || isSameOrigin(baseUrl, installation.baseUrl) ? installation.keyName : '';
}

function isSameOrigin(one: string, other: string): boolean {
  return URL.canParse(one) && URL.canParse(other) && new URL(one).origin === new URL(other).origin;
}
