interface Limits {
  /** How long a value counts as current, ms. */
  currentMs: number;
  /** How long a caller waits for a newer value while an older one is available, ms. */
  patienceMs: number;
  /** Values older than this are not shown, ms. */
  oldestMs: number;
}

/** This process's clock; tests may replace it. */
interface Time {
  now(): number;
  wait(ms: number): Promise<void>;
}

interface Kept<T> {
  answer: T;
  at: number;
}

/**
 * One value shared by all callers: however many pages ask, it is loaded once at a time and cached for a moment. While
 * loading is slow, as in a burst, the last value is shown rather than nothing. A failure goes to the callers waiting for it.
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

  /** After a change: values loaded before are no longer shown. */
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
    // Callers that stopped waiting do not see a failure.
    coming.catch(() => undefined);
    this.#coming = coming;
    return coming;
  }
}
