import * as z from 'zod';
import { WatchRefitInput, WatchRefitOutput } from '../../schemas/machines/recalibration.ts';
import { watchRefitStore } from '../adapters/tables/recalibration-stores.ts';
import { table } from '../adapters/tables/table.ts';
import { watchRefit } from '../application/recalibration/watch-refit.ts';
import { task } from '../runtime/task.ts';

/** Checks whether the models before the refit in force would have served better. */
export const handler = task(
  { input: WatchRefitInput, output: WatchRefitOutput, env: { DYNAMODB_TABLE_NAME: z.string() } },
  async ({ clusterId }, { env, now, log }) => {
    const look = await watchRefit(watchRefitStore(table(env.DYNAMODB_TABLE_NAME)), clusterId, now);
    log.info('checked the refit in force', look);
    return look;
  },
);
