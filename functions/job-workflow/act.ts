import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { ActInput, ActOutput } from '../../schemas/machines/job-workflow.ts';
import { schedulerFor } from '../adapters/schedulers/from-settings.ts';
import { effectStore } from '../adapters/tables/effect-store.ts';
import { table } from '../adapters/tables/table.ts';
import { carryOut, release } from '../application/decisions/carry-out.ts';
import { whatFollows } from '../domain/what-follows.ts';
import { task } from '../runtime/task.ts';

/** Does what the record permits and nothing else: the input only names the record. */
export const handler = task(
  { input: ActInput, output: ActOutput, env: { DYNAMODB_TABLE_NAME: z.string() } },
  async ({ decisionId, step, ...round }, { env, now, clock, log }) => {
    const { clusterId, jobId } = round;
    const store = effectStore(table(env.DYNAMODB_TABLE_NAME));
    const found = await store.readOrder(round);
    const order = { ...found, round, decisionId, scheduler: await schedulerFor(found.config) };
    const timing = { now, clock, wait: (milliseconds: number) => sleep(milliseconds) };
    const effect =
      step === 'release' ? await release(store, order, now) : await carryOut(store, order, step === 'approved', timing);
    log.info('acted', { clusterId, jobId, decisionId, step, action: effect.action, status: effect.status });
    return { ...effect, follows: whatFollows(step, found.row?.decision ?? null, effect) };
  },
);
