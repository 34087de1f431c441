import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { RollBackRefitInput, RollBackRefitOutput } from '../../schemas/machines/recalibration.ts';
import { rollBackRefitStore } from '../adapters/tables/recalibration-stores.ts';
import { table } from '../adapters/tables/table.ts';
import { rollBackRefit } from '../application/recalibration/roll-back-refit.ts';
import { task } from '../runtime/task.ts';

/** Begins a new epoch with the models from before a refit that turned out worse. */
export const handler = task(
  { input: RollBackRefitInput, output: RollBackRefitOutput, env: { DYNAMODB_TABLE_NAME: z.string() } },
  async (worse, { env, now, metrics }) => {
    const change = await rollBackRefit(rollBackRefitStore(table(env.DYNAMODB_TABLE_NAME)), worse, now);
    if (change) metrics.addMetric('RefitRolledBack', MetricUnit.Count, 1);
    return { clusterId: worse.clusterId, change };
  },
);
