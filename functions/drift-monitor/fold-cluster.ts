import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { FoldClusterInput, FoldClusterOutput } from '../../schemas/machines/drift-monitor.ts';
import { catchUpStore } from '../adapters/tables/catch-up-store.ts';
import { table } from '../adapters/tables/table.ts';
import { catchUp } from '../application/outcomes/catch-up.ts';
import { task } from '../runtime/task.ts';

/** Labels overdue jobs, catches up the fold, and says whether people must be notified of drift. */
export const handler = task(
  { input: FoldClusterInput, output: FoldClusterOutput, env: { DYNAMODB_TABLE_NAME: z.string() } },
  async ({ clusterId, run }, { env, now, log, metrics }) => {
    const report = await catchUp(catchUpStore(table(env.DYNAMODB_TABLE_NAME)), clusterId, run, now);
    const { folded, released, unreadable, unreadableItems, drift, changed } = report;
    if (unreadable > 0) metrics.addMetric('UnreadableItem', MetricUnit.Count, unreadable);
    if (released > 0) metrics.addMetric('OrphanedReservation', MetricUnit.Count, released);
    log.info('caught up', { clusterId, folded, released, unreadable, unreadableItems, drift, changed });
    return report;
  },
);
