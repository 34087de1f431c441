import * as z from 'zod';
import { WatchRefitInput, WatchRefitOutput } from '../../schemas/machines/recalibration.ts';
import { watchRefit } from '../adapters/recalibrate.ts';
import { table } from '../adapters/tables/table.ts';
import { task } from '../runtime/task.ts';

/** Looks at the refit in force: whether what was learned before it would have served better. */
export const handler = task(
  { input: WatchRefitInput, output: WatchRefitOutput, env: { DYNAMODB_TABLE_NAME: z.string() } },
  async ({ clusterId }, { env, now, log }) => {
    const look = await watchRefit(table(env.DYNAMODB_TABLE_NAME), clusterId, now);
    log.info('looked at the refit in force', look);
    return look;
  },
);
