import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { PromoteMapInput, PromoteMapOutput } from '../../schemas/machines/recalibration.ts';
import { promoteMap } from '../adapters/recalibrate.ts';
import { table } from '../adapters/table.ts';
import { task } from '../runtime/task.ts';

/** Begins a new epoch with the map that was proven better. */
export const handler = task(
  { input: PromoteMapInput, output: PromoteMapOutput, env: { DYNAMODB_TABLE_NAME: z.string() } },
  async (fitted, { env, now, metrics }) => {
    const change = await promoteMap(table(env.DYNAMODB_TABLE_NAME), fitted, now);
    if (change) metrics.addMetric('MapPromoted', MetricUnit.Count, 1);
    return { clusterId: fitted.clusterId, change };
  },
);
