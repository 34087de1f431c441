import * as z from 'zod';
import { RejectRefitInput, RejectRefitOutput } from '../../schemas/machines/recalibration.ts';
import { rejectRefitStore } from '../adapters/tables/recalibration-stores.ts';
import { table } from '../adapters/tables/table.ts';
import { rejectRefit } from '../application/recalibration/reject-refit.ts';
import { task } from '../runtime/task.ts';

/** Stores the proof of a refit that was not better, for people and to time the next attempt. */
export const handler = task(
  { input: RejectRefitInput, output: RejectRefitOutput, env: { DYNAMODB_TABLE_NAME: z.string() } },
  async (fitted, { env, now }) => {
    await rejectRefit(rejectRefitStore(table(env.DYNAMODB_TABLE_NAME)), fitted, now);
    return { clusterId: fitted.clusterId, epoch: fitted.epoch, reason: fitted.reason };
  },
);
