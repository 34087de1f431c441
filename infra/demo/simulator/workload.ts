import type { JobRequest } from '../../../schemas/events/collector.ts';
import type { Profile } from './profile.ts';
import { exponential, logNormal, type Random, uniform, weighted } from './random.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A job before it arrives, with all its random draws: actions change waits, never the draws. */
export interface Arrival {
  readonly jobId: string;
  readonly submittedAt: number;
  readonly user: string;
  readonly queue: string;
  readonly priority: number;
  readonly request: JobRequest & { readonly estimatedMinutes: number };
  readonly runSeconds: number;
  readonly admissionSeconds: number;
  /** In [0, 1): where in the regime's range its prolog falls if starts are slow. */
  readonly prologDraw: number;
  /** How long its user waits before giving up; null for ever. */
  readonly patienceSeconds: number | null;
  readonly succeeds: boolean;
}

type Seed = Pick<Arrival, 'submittedAt' | 'user' | 'queue' | 'priority'> & { gpus: number; runSeconds: number };

/**
 * All arrivals in [fromMs, untilMs), by time. Singles are a Poisson process that follows the time of day; bursts are
 * the similar jobs of one user's pipeline, and pipelines run at regular times. Whole seconds.
 */
export function arrivals(
  profile: Profile,
  random: Random,
  { fromMs, untilMs, firstNumber = 1 }: { fromMs: number; untilMs: number; firstNumber?: number },
): Arrival[] {
  const seeds = [...singles(profile, random, fromMs, untilMs), ...bursts(profile, random, fromMs, untilMs)];
  seeds.sort((a, b) => a.submittedAt - b.submittedAt);
  return seeds.map((seed, index) => arrival(profile, random, seed, profile.jobId(firstNumber + index)));
}

/** Arrival rate relative to the average: 1 - swing at 02:00 UTC, 1 + swing at 14:00. */
function dayFactor(timeMs: number, swing: number): number {
  return 1 - swing * Math.cos((2 * Math.PI * (timeMs / HOUR_MS - 2)) / 24);
}

function* singles({ workload, queues }: Profile, random: Random, fromMs: number, untilMs: number): Generator<Seed> {
  // Thinning: candidates come at the peak rate and are kept in proportion to the rate of their time of day.
  const peak = 1 + workload.daySwing;
  const gap = HOUR_MS / (workload.singlesPerHour * peak);
  for (let at = fromMs + exponential(random, gap); at < untilMs; at += exponential(random, gap)) {
    if (random() * peak > dayFactor(at, workload.daySwing)) continue;
    yield {
      submittedAt: wholeSecond(at),
      user: pick(random, workload.users),
      queue: weighted(
        random,
        queues.map((queue) => [queue.name, queue.share] as const),
      ),
      priority: weighted(random, workload.priorities),
      gpus: weighted(random, workload.gpus),
      runSeconds: runSeconds(random, workload.runMinutes),
    };
  }
}

function* bursts({ workload, queues }: Profile, random: Random, fromMs: number, untilMs: number): Generator<Seed> {
  if (workload.burstsPerDay <= 0) return;
  const gap = DAY_MS / workload.burstsPerDay;
  // Pipelines are regular: one in each interval, at a random moment of its first half.
  for (let from = fromMs; from < untilMs; from += gap) {
    const at = from + uniform(random, [0, gap / 2]);
    const shared = {
      user: pick(random, workload.users),
      queue: weighted(
        random,
        queues.map((queue) => [queue.name, queue.share] as const),
      ),
      priority: weighted(random, workload.priorities),
      gpus: weighted(random, workload.burstGpus),
    };
    const typical = runSeconds(random, workload.burstRunMinutes);
    const jobs = Math.round(uniform(random, workload.burstJobs));
    for (let job = 0; job < jobs; job++) {
      const submittedAt = wholeSecond(at + random() * workload.burstSeconds * 1_000);
      const seconds = Math.max(30, Math.round(typical * uniform(random, [0.8, 1.2])));
      if (submittedAt < untilMs) yield { ...shared, submittedAt, runSeconds: seconds };
    }
  }
}

function arrival({ workload, queues }: Profile, random: Random, seed: Seed, jobId: string): Arrival {
  const { gpus, runSeconds: seconds, ...rest } = seed;
  const queue = queues.find(({ name }) => name === seed.queue);
  const gpuType = queue?.gpuType;
  const estimatedMinutes = Math.max(1, Math.ceil(seconds / 60 / uniform(random, workload.estimateShare)));
  const impatient = random() < workload.impatient;
  return {
    ...rest,
    jobId,
    request: {
      gpus,
      cpuMillis: gpus * 8_000,
      memoryGb: gpus * 64,
      estimatedMinutes,
      distributed: gpus > 8,
      ...(gpuType === undefined ? {} : { gpuType }),
    },
    runSeconds: seconds,
    admissionSeconds: Math.round(uniform(random, queue?.admissionSeconds ?? workload.admissionSeconds)),
    prologDraw: random(),
    patienceSeconds: impatient ? Math.round(uniform(random, [120, 1_800])) : null,
    succeeds: random() < 0.94,
  };
}

function runSeconds(random: Random, { median, sigma, max }: { median: number; sigma: number; max: number }): number {
  return Math.max(30, Math.round(Math.min(max, logNormal(random, median, sigma)) * 60));
}

function pick(random: Random, names: readonly string[]): string {
  return weighted(
    random,
    names.map((name) => [name, 1] as const),
  );
}

function wholeSecond(timeMs: number): number {
  return Math.floor(timeMs / 1_000) * 1_000;
}
