import * as z from 'zod';
import { ObserveInput, ObserveOutput } from '../../schemas/machines/job-workflow.ts';
import { observationStore } from '../adapters/tables/observation-store.ts';
import { table } from '../adapters/tables/table.ts';
import { vgacFor, vgacSettings } from '../adapters/vgac/from-settings.ts';
import { observeCluster } from '../application/decisions/observe-cluster.ts';
import { task } from '../runtime/task.ts';

/** The current state of the cluster, from VGAC or the built-in forecast's counts, and what is unusual about it. */
export const handler = task(
  { input: ObserveInput, output: ObserveOutput, env: { DYNAMODB_TABLE_NAME: z.string(), ...vgacSettings } },
  ({ job }, { env, now }) => {
    const store = observationStore(table(env.DYNAMODB_TABLE_NAME));
    return observeCluster(store, job, (config) => vgacFor(config, env), now);
  },
);
