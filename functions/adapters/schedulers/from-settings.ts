import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterConfig } from '../../../schemas/config.ts';
import type { Scheduler } from '../../application/decisions/scheduler.ts';
import { readSecret } from '../aws/secrets.ts';
import { connectScheduler } from './connect.ts';

/** Per attempt; together they stay below the Task's own limit. */
const TIMEOUT_SECONDS = 5;

/** The scheduler of a cluster, with the key its configuration names. In dry run no key is read. */
export async function schedulerFor(config: ClusterConfig): Promise<Scheduler> {
  const { secret } = config.scheduler;
  return connectScheduler(config, {
    timeoutSeconds: TIMEOUT_SECONDS,
    key: secret && !config.dryRun ? await readSecret(secret) : null,
    sleep: (milliseconds) => sleep(milliseconds),
    random: Math.random,
  });
}
