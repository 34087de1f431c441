import { listClusters } from '../../../functions/adapters/tables/calibration.ts';
import { type Frozen, liftFreeze, putFreeze } from '../../../functions/adapters/tables/freeze.ts';
import type { Table } from '../../../functions/adapters/tables/table.ts';
import { Refused } from '../refused.ts';

/** The cluster does not exist, so nothing was frozen. The message says which ones do. */
export class FreezeRefused extends Refused {
  override name = 'FreezeRefused' as const;
}

/** Stops every effect on a cluster, or on all of them, until it is lifted. A second freeze replaces who and why. */
export async function freeze(
  table: Table,
  cluster: string,
  why: { by: string; reason: string; now: Date },
): Promise<Frozen> {
  return putFreeze(table, await scopeOf(table, cluster), why);
}

/** Lets effects happen again. @returns the freeze that was lifted, null when there was none */
export async function lift(table: Table, cluster: string, who: { by: string; now: Date }): Promise<Frozen | null> {
  return liftFreeze(table, await scopeOf(table, cluster), who);
}

async function scopeOf(table: Table, cluster: string): Promise<string> {
  if (cluster === 'all') return '*';
  // A freeze of a mistyped name would stop nothing, and nobody would know.
  const known = await listClusters(table);
  if (!known.includes(cluster)) {
    throw new FreezeRefused(`There is no cluster ${cluster}: use all, or one of ${known.join(', ') || '(none yet)'}.`);
  }
  return cluster;
}
