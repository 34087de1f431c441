import * as z from 'zod';
import { WatchMapInput, WatchMapOutput } from '../../schemas/machines/recalibration.ts';
import { watchMap } from '../adapters/recalibrate.ts';
import { table } from '../adapters/table.ts';
import { task } from '../runtime/task.ts';

/** Looks at the promoted map in force: whether it has turned out worse than the one before. */
export const handler = task(
  { input: WatchMapInput, output: WatchMapOutput, env: { DYNAMODB_TABLE_NAME: z.string() } },
  async ({ clusterId }, { env, now, log }) => {
    const look = await watchMap(table(env.DYNAMODB_TABLE_NAME), clusterId, now);
    log.info('looked at the map in force', look);
    return look;
  },
);
