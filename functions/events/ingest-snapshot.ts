import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { foldCluster } from '../adapters/fold.ts';
import { loadConfig } from '../adapters/tables/config.ts';
import { loadCounts } from '../adapters/tables/forecast.ts';
import { keepSnapshot } from '../adapters/tables/snapshots.ts';
import { table } from '../adapters/tables/table.ts';
import { admitSnapshot } from '../domain/admission.ts';
import { MalformedEvent } from '../runtime/errors.ts';
import { task } from '../runtime/task.ts';

/** Corrects what the built-in forecast has counted by what a scheduler says of its whole queue, and tells by how much. */
export const handler = task(
  { input: z.unknown(), output: z.object({ kept: z.boolean() }), env: { DYNAMODB_TABLE_NAME: z.string() } },
  async (event, { env, now, log, metrics }) => {
    const admission = admitSnapshot(event, now);
    if (!admission.ok) {
      metrics.addDimension('Reason', admission.code);
      metrics.addMetric('EventRefused', MetricUnit.Count, 1);
      throw new MalformedEvent(`${admission.code}: ${admission.detail}`);
    }
    const { snapshot } = admission;
    if (snapshot === null) {
      metrics.addMetric('SnapshotTooOld', MetricUnit.Count, 1);
      return { kept: false };
    }
    const { clusterId, pending, running } = snapshot;
    log.appendKeys({ clusterId });
    const store = table(env.DYNAMODB_TABLE_NAME);
    // Only T is used here; of an unknown cluster it does not depend on the platform.
    const config = await loadConfig(store, clusterId, 'kubernetes');
    // What is only not counted yet is no error of the count.
    await foldCluster(store, config, now);
    const counted = await loadCounts(store, clusterId);
    if (!(await keepSnapshot(store, snapshot, now))) return { kept: false };
    await foldCluster(store, config, now);
    const off = Math.abs(pending - counted.pending) + Math.abs(running - counted.running);
    if (off > 0) {
      metrics.addMetric('QueueCorrected', MetricUnit.Count, off);
      log.warn('the scheduler counts another queue than events came to', { counted, scheduler: { pending, running } });
    }
    return { kept: true };
  },
);
