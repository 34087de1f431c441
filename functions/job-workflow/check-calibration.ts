import * as z from 'zod';
import { CheckCalibrationInput, CheckCalibrationOutput } from '../../schemas/machines/job-workflow.ts';
import { checkCluster } from '../adapters/reliability-check.ts';
import { table } from '../adapters/table.ts';
import { task } from '../runtime/task.ts';

/** Decides how far this cluster's predictions may be trusted right now. */
export const handler = task(
  { input: CheckCalibrationInput, output: CheckCalibrationOutput, env: { DYNAMODB_TABLE_NAME: z.string() } },
  async ({ job: { clusterId, platform } }, { env, now }) =>
    checkCluster(table(env.DYNAMODB_TABLE_NAME), clusterId, platform, now),
);
