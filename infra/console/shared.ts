interface Limits {
  /** How long an answer counts as current, ms. */
  currentMs: number;
  /** How long somebody waits for a newer one while there is an older one to be had, ms. */
  patienceMs: number;
  /** Older than this nothing is shown, ms. */
  oldestMs: number;
}

/** Time of this process, which a test may replace. */
interface Time {
  now(): number;
  wait(ms: number): Promise<void>;
}

interface Kept<T> {
  answer: T;
  at: number;
}

/**
 * One answer for everybody who asks: however many pages look, it is made once at a time and counts for a moment. While
 * making it takes long, as in a burst, the last one is shown rather than nothing. A failure is told to who waits for it.
 */
export class Shared<T> {
  readonly #load: () => Promise<T>;
  readonly #limits: Limits;
  readonly #time: Time;
  #kept: Kept<T> | null = null;
  #coming: Promise<T> | null = null;

  constructor(load: () => Promise<T>, limits: Limits, time: Time) {
    this.#load = load;
    this.#limits = limits;
    this.#time = time;
  }

  async get(): Promise<T> {
    const kept = this.#kept;
    const age = kept === null ? Number.POSITIVE_INFINITY : this.#time.now() - kept.at;
    if (kept !== null && age < this.#limits.currentMs) return kept.answer;
    const fresh = this.#refresh();
    if (kept === null || age > this.#limits.oldestMs) return fresh;
    return Promise.race([fresh, this.#time.wait(this.#limits.patienceMs).then(() => kept.answer)]);
  }

  /** Something was changed: what was loaded before is not shown any more. */
  drop(): void {
    this.#kept = null;
    this.#coming = null;
  }

  #refresh(): Promise<T> {
    if (this.#coming !== null) return this.#coming;
    const coming = this.#load().then(
      (answer) => {
        if (this.#coming === coming) {
          this.#kept = { answer, at: this.#time.now() };
          this.#coming = null;
        }
        return answer;
      },
      (error: unknown) => {
        if (this.#coming === coming) this.#coming = null;
        throw error;
      },
    );
    // Whoever has lost patience does not hear of a failure.
    coming.catch(() => undefined);
    this.#coming = coming;
    return coming;
  }
}
