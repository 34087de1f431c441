import * as z from 'zod';
import { RefitModelInput, RefitModelOutput } from '../../schemas/machines/recalibration.ts';
import { refitModelStore } from '../adapters/tables/recalibration-stores.ts';
import { table } from '../adapters/tables/table.ts';
import { refitModel } from '../application/recalibration/refit-model.ts';
import { task } from '../runtime/task.ts';

/** Refits the built-in forecast from scratch on the newest ledger rounds, with proof on the newest of them. Changes nothing. */
export const handler = task(
  { input: RefitModelInput, output: RefitModelOutput, env: { DYNAMODB_TABLE_NAME: z.string() } },
  async ({ clusterId }, { env, log }) => {
    const fitted = await refitModel(refitModelStore(table(env.DYNAMODB_TABLE_NAME)), clusterId);
    log.info('refitted the forecast', {
      clusterId,
      epoch: fitted.epoch,
      better: fitted.better,
      reason: fitted.reason,
    });
    return fitted;
  },
);
