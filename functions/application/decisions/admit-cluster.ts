import { otherCollector, type Refusal } from '../../domain/admission.ts';
import { command } from '../../domain/command.ts';

export interface NewClusterStore {
  /** The collector that it is bound to, if any; null for a cluster without configuration and calibration. */
  knownCluster(clusterId: string): Promise<{ readonly collector?: string | undefined } | null>;
  /** Takes one of a day's places for new clusters; a cluster that has one keeps it. @returns false if none is left */
  takeNewClusterPlace(clusterId: string, perDay: number, now: Date): Promise<boolean>;
}

/**
 * Whether to accept an event for its cluster: the event must come from the collector that the cluster is bound to, and the cluster
 * must be known or one of the few that may be new on a day. Otherwise one collector that invents names would fill the table, and
 * every visit of the drift monitor, with them.
 *
 * @param perDay 0 to work on configured clusters only
 * @returns null when it may
 */
export async function refuseCluster(
  store: NewClusterStore,
  { clusterId, source }: { readonly clusterId: string; readonly source: string },
  perDay: number,
  now: Date,
): Promise<Refusal | null> {
  const known = await store.knownCluster(clusterId);
  const foreign = otherCollector({ clusterId, collector: known?.collector }, source);
  if (known !== null || foreign !== null) return foreign;
  if (perDay > 0 && (await store.takeNewClusterPlace(clusterId, perDay, now))) return null;
  const why = perDay > 0 ? `${perDay} others are new today (UTC)` : 'none is created by an event here';
  const detail = `detail.clusterId: this cluster is not known, and ${why}; configure it with ${command('configure')}`;
  return { ok: false, code: 'unknownCluster', detail };
}
