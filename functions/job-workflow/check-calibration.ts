import * as z from 'zod';
import { CheckCalibrationInput, CheckCalibrationOutput } from '../../schemas/machines/job-workflow.ts';
import { loadConfig } from '../adapters/config-store.ts';
import { foldCluster } from '../adapters/fold.ts';
import { checkReliability } from '../adapters/reliability-check.ts';
import { table } from '../adapters/table.ts';
import { task } from '../runtime/task.ts';

/** Whoever wins the race folds the same; the verdict stands on what is there by then. */
const FEW_RACES = 2;

/**
 * Decides how far this cluster's predictions may be trusted right now. What is known by then is folded first: the jobs submitted
 * before this one are counted, and neither verdict nor forecast is made of less than is known.
 */
export const handler = task(
  { input: CheckCalibrationInput, output: CheckCalibrationOutput, env: { DYNAMODB_TABLE_NAME: z.string() } },
  async ({ job: { clusterId, jobId, platform } }, { env, now, log }) => {
    const store = table(env.DYNAMODB_TABLE_NAME);
    const config = await loadConfig(store, clusterId, platform);
    await foldCluster(store, config, now, [], FEW_RACES).catch((error: unknown) => {
      const name = error instanceof Error ? error.name : 'unknown';
      log.info('the fold is left to the next', { clusterId, jobId, error: name });
    });
    return checkReliability(store, config, now);
  },
);
