import { CLUSTERS, LONG_WAIT_SECONDS } from './settings.ts';
import { risk } from './world.ts';

const SHORT_MS = 2000;
/** A job whose wait is over ends so much later at most. */
const RUNS_MS = 6000;
const CANCELLED = 0.12;
const UNSEEN = 0.25;
const CONTRADICTED = 0.05;

/** One thing that a collector has to say about a job. */
export interface Told {
  readonly type: 'JobSubmitted' | 'JobStarted' | 'JobEnded' | 'JobCancelled';
  readonly jobId: string;
  readonly detail: object;
  /** The system has said that it has it. */
  accepted: boolean;
}

const clusterOf = (jobId: string) => CLUSTERS[Number(jobId.split('-')[1]) % CLUSTERS.length];

/**
 * Jobs with a life of their own: they are submitted, wait short or long, start, end well or badly; some are cancelled
 * while they wait, some end and nobody has seen them start, and of some two starts are told.
 */
export function createJobs(random: () => number) {
  const archive: Told[] = [];
  /** What will happen at a time, epoch ms. */
  const future: { at: number; type: Told['type']; jobId: string; more: object }[] = [];
  let submitted = 0;

  const told = (type: Told['type'], jobId: string, more: object): Told => {
    const detail = { schemaVersion: 1, clusterId: clusterOf(jobId), jobId, ...more };
    const event = { type, jobId, detail, accepted: false };
    archive.push(event);
    return event;
  };
  const plan = (jobId: string, now: number): void => {
    const will = (type: Told['type'], at: number, more: object) => void future.push({ at, type, jobId, more });
    const instant = (at: number) => new Date(at).toISOString();
    const long = random() < risk(jobId);
    const start = now + (long ? (LONG_WAIT_SECONDS + 2) * 1000 : SHORT_MS);
    const end = start + Math.floor(random() * RUNS_MS);
    if (random() < CANCELLED) {
      const at = now + Math.floor(random() * RUNS_MS);
      will('JobCancelled', at, { cancelledAt: instant(at) });
      return;
    }
    if (long || random() >= UNSEEN) {
      will('JobStarted', start, { startedAt: instant(start) });
      if (random() < CONTRADICTED) will('JobStarted', start, { startedAt: instant(start + 1000) });
    }
    will('JobEnded', end, { endedAt: instant(end), state: random() < 0.7 ? 'succeeded' : 'failed' });
  };

  return {
    get archive(): readonly Told[] {
      return archive;
    },
    submit(): Told {
      const jobId = `job-${submitted++}`;
      const now = Date.now();
      plan(jobId, now);
      const request = { gpus: 4, cpuMillis: 16_000, memoryGb: 128 };
      const more = { platform: 'slurm', submittedAt: new Date(now).toISOString(), user: 'ada', queue: 'gpu', request };
      return told('JobSubmitted', jobId, more);
    },
    /** What is due by now, if anything is. */
    next(): Told | undefined {
      const index = future.findIndex(({ at }) => at <= Date.now());
      const [due] = index === -1 ? [] : future.splice(index, 1);
      return due && told(due.type, due.jobId, due.more);
    },
    /** Whether something is still to happen. */
    isLive: () => future.length > 0,
    any: (): Told | undefined => archive[Math.floor(random() * archive.length)],
  };
}
