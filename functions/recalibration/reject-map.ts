import * as z from 'zod';
import { RejectMapInput, RejectMapOutput } from '../../schemas/machines/recalibration.ts';
import { rejectMap } from '../adapters/recalibrate.ts';
import { table } from '../adapters/table.ts';
import { task } from '../runtime/task.ts';

/** Keeps a map that was not better, with its proof, for people and for the time of the next attempt. */
export const handler = task(
  { input: RejectMapInput, output: RejectMapOutput, env: { DYNAMODB_TABLE_NAME: z.string() } },
  async (fitted, { env, now }) => {
    await rejectMap(table(env.DYNAMODB_TABLE_NAME), fitted, now);
    return { clusterId: fitted.clusterId, epoch: fitted.epoch, reason: fitted.reason };
  },
);
