import type { SimulatedJob } from './job.ts';
import { nodesFor, type Partition } from './partition.ts';

/** How many waiting jobs a pass considers behind the first one that does not fit. */
const BACKFILL_DEPTH = 50;

/** Higher priority first, then first come, first served. */
export function byTurn(a: SimulatedJob, b: SimulatedJob): number {
  return b.priority - a.priority || a.order - b.order;
}

/**
 * One pass over a queue: starts jobs in their turn; after the first that does not fit, only those that by their
 * users' estimates end before it could start (backfill), so that it is not delayed.
 *
 * @param waiting eligible jobs of this queue
 * @param running jobs that hold GPUs of this queue
 * @param begin takes the GPUs; false if the job does not fit
 */
export function schedulingPass(
  waiting: readonly SimulatedJob[],
  running: ReadonlySet<SimulatedJob>,
  partition: Partition,
  now: number,
  begin: (job: SimulatedJob) => boolean,
): void {
  const turn = [...waiting].sort(byTurn);
  for (const [index, job] of turn.entries()) {
    if (begin(job)) continue;
    const reserved = earliestStart(job, running, partition, now);
    for (const candidate of turn.slice(index + 1, index + 1 + BACKFILL_DEPTH)) {
      if (now + candidate.arrival.request.estimatedMinutes * 60_000 <= reserved) begin(candidate);
    }
    return;
  }
}

/** When a job fits if running jobs end as estimated and nothing else starts; infinity if it never does. */
function earliestStart(
  job: SimulatedJob,
  running: ReadonlySet<SimulatedJob>,
  partition: Partition,
  now: number,
): number {
  const free = partition.free();
  const ends = [...running].sort((a, b) => (a.estimatedEnd ?? now) - (b.estimatedEnd ?? now));
  for (const ending of ends) {
    for (const { node, gpus } of ending.allocation) {
      const room = free[node];
      if (room !== null && room !== undefined) free[node] = room + gpus;
    }
    if (nodesFor(job.arrival.request.gpus, free, partition.gpusPerNode))
      return Math.max(now, ending.estimatedEnd ?? now);
  }
  return Number.POSITIVE_INFINITY;
}
