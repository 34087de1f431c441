import * as z from 'zod';
import { FitMapInput, FitMapOutput } from '../../schemas/machines/recalibration.ts';
import { fitMap } from '../adapters/recalibrate.ts';
import { table } from '../adapters/table.ts';
import { task } from '../runtime/task.ts';

/** Fits a map on the older labels of the ledger, and proves it on the newer ones. Changes nothing. */
export const handler = task(
  { input: FitMapInput, output: FitMapOutput, env: { DYNAMODB_TABLE_NAME: z.string() } },
  async ({ clusterId }, { env, log }) => {
    const fitted = await fitMap(table(env.DYNAMODB_TABLE_NAME), clusterId);
    log.info('fitted a map', { clusterId, epoch: fitted.epoch, better: fitted.better, reason: fitted.reason });
    return fitted;
  },
);
