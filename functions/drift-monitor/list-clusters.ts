import * as z from 'zod';
import { ListClustersInput, ListClustersOutput } from '../../schemas/machines/drift-monitor.ts';
import { listClusters } from '../adapters/tables/calibration.ts';
import { table } from '../adapters/tables/table.ts';
import { task } from '../runtime/task.ts';

/** Names every cluster that has a calibration. */
export const handler = task(
  { input: ListClustersInput, output: ListClustersOutput, env: { DYNAMODB_TABLE_NAME: z.string() } },
  async (_, { env }) => {
    const ids = await listClusters(table(env.DYNAMODB_TABLE_NAME));
    return { clusters: ids.map((clusterId) => ({ clusterId })) };
  },
);
