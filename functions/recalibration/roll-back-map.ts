import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { RollBackMapInput, RollBackMapOutput } from '../../schemas/machines/recalibration.ts';
import { rollBackMap } from '../adapters/recalibrate.ts';
import { table } from '../adapters/table.ts';
import { task } from '../runtime/task.ts';

/** Begins a new epoch with the map before the one that has turned out worse. */
export const handler = task(
  { input: RollBackMapInput, output: RollBackMapOutput, env: { DYNAMODB_TABLE_NAME: z.string() } },
  async (worse, { env, now, metrics }) => {
    const change = await rollBackMap(table(env.DYNAMODB_TABLE_NAME), worse, now);
    if (change) metrics.addMetric('MapRolledBack', MetricUnit.Count, 1);
    return { clusterId: worse.clusterId, change };
  },
);
