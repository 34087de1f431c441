import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { PromoteRefitInput, PromoteRefitOutput } from '../../schemas/machines/recalibration.ts';
import { promoteRefitStore } from '../adapters/tables/recalibration-stores.ts';
import { table } from '../adapters/tables/table.ts';
import { promoteRefit } from '../application/recalibration/promote-refit.ts';
import { task } from '../runtime/task.ts';

/** Begins a new epoch with the refit that proved better. */
export const handler = task(
  { input: PromoteRefitInput, output: PromoteRefitOutput, env: { DYNAMODB_TABLE_NAME: z.string() } },
  async (fitted, { env, now, metrics }) => {
    const change = await promoteRefit(promoteRefitStore(table(env.DYNAMODB_TABLE_NAME)), fitted, now);
    if (change) metrics.addMetric('RefitPromoted', MetricUnit.Count, 1);
    return { clusterId: fitted.clusterId, change };
  },
);
