import type { Features } from './feature-set.ts';
import type { SimulatedJob } from './job.ts';
import { nodesFor, type Partition } from './partition.ts';
import { byTurn } from './scheduling.ts';

/** A job that a prediction is requested for, before or without being in the queue. */
export interface Question {
  readonly gpus: number;
  readonly priority: number;
}

/** Users request more time than they use; on average runs take about this share of the estimate. */
const TYPICAL_SHARE = 0.7;

/**
 * Looks at a queue as VGAC's collectors would: GPUs in use, waiting jobs, users' estimates. The inventory counts
 * drained nodes as free and does not know about slow starts, which is why a regime change misleads it.
 */
export function featuresOf(
  { gpus, priority }: Question,
  partition: Partition,
  waiting: readonly SimulatedJob[],
  holding: ReadonlySet<SimulatedJob>,
  recent: number,
  usualAdmission: number,
  now: number,
): Features {
  const ahead = waiting.filter((job) => !job.held && job.priority >= priority).sort(byTurn);
  const aheadGpus = ahead.reduce((sum, job) => sum + job.arrival.request.gpus, 0);
  const total = Math.max(1, partition.totalGpus);
  const free = partition.believedFree();
  return {
    fitsNow: ahead.length === 0 && nodesFor(gpus, free, partition.gpusPerNode) !== null,
    estimatedWaitSeconds: estimatedWait(
      gpus,
      free.reduce((sum, room) => sum + room, 0),
      ahead,
      holding,
      now,
    ),
    ahead: aheadGpus / total,
    size: gpus / total,
    usualAdmission,
    recent,
  };
}

/** Simulates the queue by GPU counts only: each job before this one starts when enough GPUs are free. */
function estimatedWait(
  gpus: number,
  freeNow: number,
  ahead: readonly SimulatedJob[],
  holding: ReadonlySet<SimulatedJob>,
  now: number,
): number {
  const ends: { at: number; gpus: number }[] = [];
  for (const job of holding) {
    const ran = (now - (job.takenAt ?? now)) / 1_000;
    const typical = job.arrival.request.estimatedMinutes * 60 * TYPICAL_SHARE;
    // Past its typical run time it may end at any moment, but is unlikely to end right now.
    ends.push({ at: Math.max(30, typical - ran, 0.1 * typical), gpus: job.arrival.request.gpus });
  }
  ends.sort((a, b) => a.at - b.at);
  let free = freeNow;
  let at = 0;
  const jobs = [
    ...ahead.map((job) => ({
      gpus: job.arrival.request.gpus,
      seconds: job.arrival.request.estimatedMinutes * 60 * TYPICAL_SHARE,
    })),
    { gpus, seconds: 0 },
  ];
  for (const job of jobs) {
    while (free < job.gpus) {
      const next = ends.shift();
      if (!next) return at;
      free += next.gpus;
      at = Math.max(at, next.at);
    }
    free -= job.gpus;
    const end = { at: at + job.seconds, gpus: job.gpus };
    const place = ends.findIndex((other) => other.at > end.at);
    ends.splice(place < 0 ? ends.length : place, 0, end);
  }
  return at;
}
