import type { Executions } from '../../console/executions.ts';
import type { Records } from '../../console/records.ts';
import type { Clock } from '../../runtime/clock/clock.ts';

/** How often, in simulated seconds, the end of a run looks whether everything is folded: the monitor's own pace. */
const CHECK_MS = 120_000;
/** Every label falls due within the longest T, or the longest time to undo. */
const LABELS_MS = 2 * 86_400_000;
/** Looks without any progress before the rest counts as waiting for people, or stuck; either way it is reported. */
const PATIENCE = 5;

/**
 * Lets simulated time go on until every job is decided and every label folded. Open approvals are not waited for, nor
 * what stands behind them: when several looks in a row find the same, it is done.
 */
export async function untilFolded(run: {
  clock: Pick<Clock, 'at' | 'now'>;
  records: Pick<Records, 'countUnfolded' | 'clusters'>;
  executions: Pick<Executions, 'anyAtWork'>;
  stopped: () => boolean;
}): Promise<void> {
  const { clock, records, executions, stopped } = run;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let same = 0;
  let before = -1;

  const look = async (): Promise<void> => {
    const { readable: clusters } = await records.clusters();
    const by = new Date(clock.now() + LABELS_MS);
    const counts = await Promise.all(clusters.map(({ cluster_id }) => records.countUnfolded(cluster_id, by)));
    const unfolded = counts.reduce((sum, count) => sum + count, 0);
    same = unfolded === before ? same + 1 : 0;
    before = unfolded;
    const working = executions.anyAtWork();
    if (stopped() || (!working && (unfolded === 0 || same >= PATIENCE))) return resolve();
    schedule();
  };
  // The clock is held while a look goes on, so that nothing happens between what it reads.
  const schedule = () => clock.at(clock.now() + CHECK_MS, () => look().catch(reject));
  await look();
  return promise;
}
