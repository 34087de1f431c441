/** Where a job falls: a coarse bucket, and a finer one within it. */
export interface Cell {
  readonly coarse: string;
  readonly fine: string;
}

interface Counts {
  labels: number;
  long: number;
  waits: number;
  logWait: number;
}

/** Older jobs weigh less: half after about 350 of the same bucket. */
const FORGETTING = 0.998;
/** How many jobs the level above counts for. */
const PRIOR = 4;
const ALL = '';

/** Frequencies of long waits and typical waits by bucket; a bucket that was rarely met leans on the one above it. */
export class FrequencyTable {
  readonly #counts = new Map<string, Counts>();

  look({ coarse, fine }: Cell): { frequency: number; waitSeconds: number } {
    let frequency = 0.1;
    let logWait = Math.log1p(10);
    for (const name of [ALL, coarse, fine]) {
      const { labels, long, waits, logWait: sum } = this.#of(name);
      frequency = (long + PRIOR * frequency) / (labels + PRIOR);
      logWait = (sum + PRIOR * logWait) / (waits + PRIOR);
    }
    return { frequency, waitSeconds: Math.round(Math.expm1(logWait)) };
  }

  addLabel({ coarse, fine }: Cell, long: boolean): void {
    for (const name of [ALL, coarse, fine]) {
      const counts = this.#of(name);
      counts.labels = counts.labels * FORGETTING + 1;
      counts.long = counts.long * FORGETTING + (long ? 1 : 0);
    }
  }

  addWait({ coarse, fine }: Cell, waitSeconds: number): void {
    for (const name of [ALL, coarse, fine]) {
      const counts = this.#of(name);
      counts.waits = counts.waits * FORGETTING + 1;
      counts.logWait = counts.logWait * FORGETTING + Math.log1p(waitSeconds);
    }
  }

  #of(name: string): Counts {
    const found = this.#counts.get(name) ?? { labels: 0, long: 0, waits: 0, logWait: 0 };
    this.#counts.set(name, found);
    return found;
  }
}
