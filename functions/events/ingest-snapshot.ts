import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { loadConfig } from '../adapters/tables/config.ts';
import { snapshotStore } from '../adapters/tables/fold-store.ts';
import { CollectorEventSettings, newClusterStore } from '../adapters/tables/new-clusters.ts';
import { table } from '../adapters/tables/table.ts';
import { refuseCluster } from '../application/decisions/admit-cluster.ts';
import { takeSnapshot } from '../application/outcomes/take-snapshot.ts';
import { admitSnapshot } from '../domain/admission.ts';
import { refuse, refused } from '../runtime/refused.ts';
import { task } from '../runtime/task.ts';

/** Corrects the built-in forecast's counts with a scheduler's snapshot of its whole queue, and reports by how much. */
export const handler = task(
  { input: z.unknown(), output: z.object({ kept: z.boolean() }), env: CollectorEventSettings },
  async (event, { env, now, log, metrics }) => {
    const admission = admitSnapshot(event, now);
    if (!admission.ok) throw refused(admission, metrics);
    const { snapshot, source } = admission;
    if (snapshot === null) {
      metrics.addMetric('SnapshotTooOld', MetricUnit.Count, 1);
      return { kept: false };
    }
    const { clusterId, pending, running } = snapshot;
    log.appendKeys({ clusterId });
    const store = table(env.DYNAMODB_TABLE_NAME);
    refuse(await refuseCluster(newClusterStore(store), { clusterId, source }, env.NEW_CLUSTERS_PER_DAY, now), metrics);
    // Only T is used here, and for an unknown cluster it does not depend on the platform.
    const config = await loadConfig(store, clusterId);
    const counted = await takeSnapshot(snapshotStore(store), config, snapshot, now);
    if (counted === null) return { kept: false };
    const off = Math.abs(pending - counted.pending) + Math.abs(running - counted.running);
    if (off > 0) metrics.addMetric('QueueCorrected', MetricUnit.Count, off);
    const counts = { counted, scheduler: { pending, running } };
    if (off > 0) log.warn("the scheduler's counts of the queue differ from those from events", counts);
    return { kept: true };
  },
);
