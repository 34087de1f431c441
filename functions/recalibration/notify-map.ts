import * as z from 'zod';
import { NotifyMapInput, NotifyMapOutput } from '../../schemas/machines/recalibration.ts';
import { mapMessage } from '../adapters/slack/map.ts';
import { operatorSettings, tellOperatorsOf } from '../adapters/slack/tell-operators.ts';
import { table } from '../adapters/table.ts';
import { task } from '../runtime/task.ts';

/** Tells people that a map joined the experts, or left them. An operator message: never gated. */
export const handler = task(
  {
    input: NotifyMapInput,
    output: NotifyMapOutput,
    env: { DYNAMODB_TABLE_NAME: z.string().min(1), ...operatorSettings },
  },
  async ({ clusterId, change }, { env }) => ({
    sent: await tellOperatorsOf(table(env.DYNAMODB_TABLE_NAME), clusterId, mapMessage(change), env),
  }),
);
