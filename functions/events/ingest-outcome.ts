import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { OutcomeEvent } from '../../schemas/events/collector.ts';
import { loadConfig } from '../adapters/config-store.ts';
import { foldCluster } from '../adapters/fold.ts';
import { recordOutcome } from '../adapters/outcome-store.ts';
import { table } from '../adapters/table.ts';
import { toldBy } from '../domain/outcome.ts';
import { task } from '../runtime/task.ts';

/** Joins what really happened to a job's row, and folds its label at once. */
export const handler = task(
  {
    input: OutcomeEvent,
    output: z.object({ contradicts: z.boolean(), folded: z.number().int() }),
    env: { DYNAMODB_TABLE_NAME: z.string() },
  },
  async (event, { env, now, log, metrics }) => {
    const { clusterId, jobId } = event.detail;
    log.appendKeys({ clusterId, jobId });
    const store = table(env.DYNAMODB_TABLE_NAME);
    // Only T and the budgets are used here; of an unknown cluster they do not depend on the platform.
    const config = await loadConfig(store, clusterId, 'kubernetes');
    const { contradicts } = await recordOutcome(
      store,
      { clusterId, jobId },
      toldBy(event),
      config.longWaitSeconds,
      now,
    );
    if (contradicts) {
      metrics.addMetric('ContradictingOutcome', MetricUnit.Count, 1);
      log.warn('an outcome contradicts what was stored before it', { type: event['detail-type'] });
    }
    const { folded, unreadable } = await foldCluster(store, config, now, [jobId]);
    if (unreadable.length > 0) metrics.addMetric('UnreadableRow', MetricUnit.Count, unreadable.length);
    return { contradicts, folded };
  },
);
