import * as z from 'zod';
import type { Effect } from '../../schemas/effect.ts';
import { ActInput, ActOutput } from '../../schemas/machines/job-workflow.ts';
import { carryOut, release } from '../adapters/carry-out.ts';
import { loadConfig } from '../adapters/config-store.ts';
import { loadJob } from '../adapters/job-store.ts';
import { schedulerFor } from '../adapters/schedulers/from-settings.ts';
import { table } from '../adapters/table.ts';
import { whatFollows } from '../domain/what-follows.ts';
import { task } from '../runtime/task.ts';

/** Does what the record permits, and nothing else: the input only says which record. */
export const handler = task(
  { input: ActInput, output: ActOutput, env: { DYNAMODB_TABLE_NAME: z.string() } },
  async ({ clusterId, jobId, decisionId, step }, { env, now, log }) => {
    const store = table(env.DYNAMODB_TABLE_NAME);
    const row = await loadJob(store, clusterId, jobId);
    const config = await loadConfig(store, clusterId, row?.platform ?? 'kubernetes');
    const order = { decisionId, row, config, scheduler: await schedulerFor(config) };
    const effect: Effect =
      step === 'release' ? await release(store, order, now) : await carryOut(store, order, step === 'approved', now);
    log.info('acted', { clusterId, jobId, decisionId, step, action: effect.action, status: effect.status });
    return { ...effect, follows: whatFollows(step, row?.decision ?? null, effect) };
  },
);
