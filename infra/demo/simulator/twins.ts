import { SimulatedCluster } from './cluster.ts';
import { eventLoop } from './event-loop.ts';
import type { Profile } from './profile.ts';
import { seededRandom } from './random.ts';

const DAY_MS = 86_400_000;

/** How much the starts of some jobs differ from what they would have been, in seconds; positive means earlier. */
export interface Difference {
  readonly jobs: number;
  readonly seconds: number;
  /** For the job that gained most. */
  readonly most: number;
}

export interface TwinDifference {
  /** Jobs whose queueing was changed. */
  readonly touched: Difference;
  /** All other jobs: what one job gains another may lose. */
  readonly others: Difference;
}

interface TwinOptions {
  readonly profile: Profile;
  readonly seed: number;
  readonly startMs: number;
  readonly until: number;
  readonly regimeAt: number;
  readonly regimeUntil: number;
}

/**
 * A cluster and its twin: the same jobs in the same queues, but without any action. All random draws for a job are
 * made before it arrives, so every difference between the two is due to the actions.
 */
export class Twins {
  readonly #cluster: SimulatedCluster;
  readonly #options: TwinOptions;
  #untouched: SimulatedCluster | null = null;

  constructor(cluster: SimulatedCluster, options: TwinOptions) {
    this.#cluster = cluster;
    this.#options = options;
  }

  /** Seconds by which a job started earlier than in the twin; null until it has started in both. */
  earlier(jobId: string): number | null {
    const started = this.#cluster.job(jobId)?.startedAt ?? null;
    const would = this.#twin().job(jobId)?.startedAt ?? null;
    return started === null || would === null ? null : (would - started) / 1_000;
  }

  difference(): TwinDifference {
    const touched = this.#cluster.actions.touched();
    const sums = { touched: { jobs: 0, seconds: 0, most: 0 }, others: { jobs: 0, seconds: 0, most: 0 } };
    for (const { arrival } of this.#cluster.jobs()) {
      const seconds = this.earlier(arrival.jobId);
      if (seconds === null) continue;
      const sum = touched.has(arrival.jobId) ? sums.touched : sums.others;
      if (sum === sums.others && seconds === 0) continue;
      sum.jobs += 1;
      sum.seconds += seconds;
      sum.most = Math.max(sum.most, seconds);
    }
    return sums;
  }

  /** Simulated on first use, in a fraction of a second. */
  #twin(): SimulatedCluster {
    if (this.#untouched !== null) return this.#untouched;
    const { profile, seed, startMs, until, regimeAt, regimeUntil } = this.#options;
    const clock = eventLoop(startMs);
    const regime = { regimeAt, regimeUntil };
    const twin = new SimulatedCluster({ profile, clock, random: seededRandom(seed), emit: () => undefined, ...regime });
    twin.start({ until });
    clock.runUntil(until + DAY_MS);
    this.#untouched = twin;
    return twin;
  }
}
