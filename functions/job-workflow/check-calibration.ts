import * as z from 'zod';
import { CheckCalibrationInput, CheckCalibrationOutput } from '../../schemas/machines/job-workflow.ts';
import { loadConfig } from '../adapters/config-store.ts';
import { checkReliability } from '../adapters/reliability-check.ts';
import { table } from '../adapters/table.ts';
import { task } from '../runtime/task.ts';

/** Decides how far this cluster's predictions may be trusted right now. */
export const handler = task(
  { input: CheckCalibrationInput, output: CheckCalibrationOutput, env: { DYNAMODB_TABLE_NAME: z.string() } },
  async ({ job: { clusterId, platform } }, { env, now }) => {
    const store = table(env.DYNAMODB_TABLE_NAME);
    return checkReliability(store, await loadConfig(store, clusterId, platform), now);
  },
);
