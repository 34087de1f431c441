import * as z from 'zod';
import type { Effect } from '../../schemas/effect.ts';
import { ActInput, ActOutput } from '../../schemas/machines/job-workflow.ts';
import { carryOut, release } from '../adapters/carry-out.ts';
import { schedulerFor } from '../adapters/schedulers/from-settings.ts';
import { configFrom, configKey, freezeFrom, freezeKeys } from '../adapters/tables/config.ts';
import { jobFrom } from '../adapters/tables/jobs.ts';
import { readTogether } from '../adapters/tables/read-together.ts';
import { jobKey, table } from '../adapters/tables/table.ts';
import { whatFollows } from '../domain/what-follows.ts';
import { task } from '../runtime/task.ts';

/** Does what the record permits, and nothing else: the input only says which record. */
export const handler = task(
  { input: ActInput, output: ActOutput, env: { DYNAMODB_TABLE_NAME: z.string() } },
  async ({ decisionId, step, ...round }, { env, now, log }) => {
    const { clusterId, jobId } = round;
    const store = table(env.DYNAMODB_TABLE_NAME);
    const items = await readTogether(store, [...[jobKey(round), configKey(clusterId)], ...freezeKeys(clusterId)]);
    const row = jobFrom(items, round);
    const config = configFrom(items, clusterId, row?.platform ?? 'kubernetes');
    const frozen = freezeFrom(items, clusterId) !== null;
    const order = { decisionId, row, config, frozen, scheduler: await schedulerFor(config) };
    const effect: Effect =
      step === 'release' ? await release(store, order, now) : await carryOut(store, order, step === 'approved', now);
    log.info('acted', { clusterId, jobId, decisionId, step, action: effect.action, status: effect.status });
    return { ...effect, follows: whatFollows(step, row?.decision ?? null, effect) };
  },
);
