import { setTimeout as sleep } from 'node:timers/promises';
import { gather, pendingIn } from '../bench/crash/evidence.ts';
import type { Home } from './home.ts';

const PATIENCE_MS = 120_000;
const POLL_MS = 500;

/**
 * Lets the system make the deliveries that it still has to make, kills it, and looks at what it has left.
 * @returns the acknowledged jobs that no execution has had, and what else is there
 */
export async function accountOf(home: Home, acknowledged: readonly string[]) {
  await home.ensure();
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(POLL_MS)) {
    if ((await pendingIn(home.dataDir)) === 0) break;
  }
  await home.kill();
  const { started, calibrations } = await gather(home.dataDir);
  return { lost: acknowledged.filter((jobId) => !started.has(jobId)), started, calibrations };
}
