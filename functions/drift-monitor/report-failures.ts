import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { ReportFailuresInput, ReportFailuresOutput } from '../../schemas/machines/drift-monitor.ts';
import { operatorSettings } from '../adapters/slack/tell-operators.ts';
import { tellOfTrouble } from '../adapters/slack/trouble.ts';
import { table } from '../adapters/tables/table.ts';
import { task } from '../runtime/task.ts';

/** Names the clusters that this run could not visit: counted and logged each time, told once per trouble and day. */
export const handler = task(
  {
    input: ReportFailuresInput,
    output: ReportFailuresOutput,
    env: { DYNAMODB_TABLE_NAME: z.string().min(1), ...operatorSettings },
  },
  async ({ failures }, { env, now, log, metrics }) => {
    metrics.addMetric('ClusterNotFolded', MetricUnit.Count, failures.length);
    for (const failure of failures) log.error('could not visit a cluster', failure);
    return { told: await tellOfTrouble(table(env.DYNAMODB_TABLE_NAME), failures, env, now) };
  },
);
