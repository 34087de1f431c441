import * as z from 'zod';
import { ListClustersInput, ListClustersOutput } from '../../schemas/machines/drift-monitor.ts';
import { listPage } from '../adapters/tables/calibration.ts';
import { table } from '../adapters/tables/table.ts';
import { CLUSTERS_PER_RUN } from '../domain/thresholds.ts';
import { task } from '../runtime/task.ts';

/** Names the next clusters that have a calibration, in order. */
export const handler = task(
  { input: ListClustersInput, output: ListClustersOutput, env: { DYNAMODB_TABLE_NAME: z.string() } },
  async ({ after }, { env }) => {
    const { ids, more } = await listPage(table(env.DYNAMODB_TABLE_NAME), after ?? null, CLUSTERS_PER_RUN);
    return { clusters: ids.map((clusterId) => ({ clusterId })), next: (more && ids.at(-1)) || null };
  },
);
