import type { ClusterConfig } from '../../../schemas/config.ts';
import type { Fault } from './config-faults.ts';

/** A secret that a cluster has sent to some host, and where the file says so. */
interface Use {
  readonly path: Fault['path'];
  readonly secret: string;
  /** Its origin, or what stands for the installation's own. */
  readonly host: string;
}

/** A secret that one file has sent to two hosts: either of them could use it at the other. */
export function sharedSecrets(clusters: readonly (ClusterConfig | null)[]): Fault[] {
  const first = new Map<string, Use>();
  return clusters.flatMap((cluster, index) =>
    (cluster === null ? [] : usesOf(cluster, index)).flatMap((use) => {
      const before = first.get(use.secret);
      if (before === undefined) first.set(use.secret, use);
      if (before === undefined || before.host === use.host) return [];
      return [{ path: use.path, advice: 'is also sent to another host by this file: a key belongs to one host' }];
    }),
  );
}

function usesOf({ vgac, scheduler }: ClusterConfig, index: number): Use[] {
  const uses: Use[] = [];
  if (vgac.apiKeySecret !== undefined && vgac.variant !== 'builtin') {
    const host = vgac.baseUrl === undefined ? "the installation's VGAC" : new URL(vgac.baseUrl).origin;
    uses.push({ path: ['clusters', index, 'vgac', 'apiKeySecret'], secret: vgac.apiKeySecret, host });
  }
  if (scheduler.secret !== undefined && scheduler.endpoint !== undefined) {
    const host = new URL(scheduler.endpoint).origin;
    uses.push({ path: ['clusters', index, 'scheduler', 'secret'], secret: scheduler.secret, host });
  }
  return uses;
}
