import * as z from 'zod';
import { NotifyRefitInput, NotifyRefitOutput } from '../../schemas/machines/recalibration.ts';
import { refitMessage } from '../adapters/slack/refit.ts';
import { operatorSettings, tellOperatorsOf } from '../adapters/slack/tell-operators.ts';
import { table } from '../adapters/tables/table.ts';
import { task } from '../runtime/task.ts';

/** Tells people that a refit is in force, or was rolled back. An operator message: never gated. */
export const handler = task(
  {
    input: NotifyRefitInput,
    output: NotifyRefitOutput,
    env: { DYNAMODB_TABLE_NAME: z.string().min(1), ...operatorSettings },
  },
  async ({ clusterId, change }, { env }) => ({
    sent: await tellOperatorsOf(table(env.DYNAMODB_TABLE_NAME), clusterId, refitMessage(change), env),
  }),
);
