import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { CheckCalibrationInput, CheckCalibrationOutput } from '../../schemas/machines/job-workflow.ts';
import { loadConfig } from '../adapters/tables/config.ts';
import { foldStore } from '../adapters/tables/fold-store.ts';
import { reliabilityStore } from '../adapters/tables/reliability-store.ts';
import { table } from '../adapters/tables/table.ts';
import { checkReliability } from '../application/decisions/check-reliability.ts';
import { isOutrun } from '../application/outcomes/contended.ts';
import { foldCluster } from '../application/outcomes/fold-cluster.ts';
import { task } from '../runtime/task.ts';

/** A job waits for this, so few races and batches: a winner folds the same labels, and the drift monitor handles a backlog. */
const LITTLE = { races: 2, batches: 2 };

/**
 * Decides how far this cluster's predictions may be trusted right now. Everything known is folded first, so that jobs submitted
 * before this one are counted, and verdict and forecast use all that is known.
 */
export const handler = task(
  { input: CheckCalibrationInput, output: CheckCalibrationOutput, env: { DYNAMODB_TABLE_NAME: z.string() } },
  async ({ job: { clusterId, jobId, platform } }, { env, now, log, metrics }) => {
    const store = table(env.DYNAMODB_TABLE_NAME);
    const config = { platform, ...(await loadConfig(store, clusterId)) };
    try {
      const { unreadable } = await foldCluster(foldStore(store), config, now, [], LITTLE);
      if (unreadable.length > 0) metrics.addMetric('UnreadableRow', MetricUnit.Count, unreadable.length);
    } catch (error) {
      const { name, message } = error instanceof Error ? error : { name: 'unknown', message: '' };
      if (isOutrun(error)) log.info('lost the race to fold; the next run folds', { clusterId, jobId, error: name });
      else {
        // The verdict relies on what is folded and goes stale with it; until then the log has to say why.
        metrics.addMetric('FoldFailed', MetricUnit.Count, 1);
        log.error('the fold before a decision failed', { clusterId, jobId, error: { name, message } });
      }
    }
    return checkReliability(reliabilityStore(store), config, now);
  },
);
