/** How one attempt ended: with an answer, or with a failure and how long to wait before the next; null if retrying is pointless. */
export type Attempt<T> = { answer: T } | { failed: Error; waitMs: number | null };

export interface Patience {
  readonly attempts: number;
  /** No attempt begins, and no wait ends, later than this many milliseconds. */
  readonly totalMs: number;
  readonly sleep: (ms: number) => Promise<unknown>;
  /** Milliseconds; only differences matter. */
  readonly now: () => number;
}

/**
 * Retries until there is an answer. A wait that would exceed the time limit is not shortened but gives up: `Retry-After` forbids
 * asking earlier.
 * @param attempt receives its number, from 1, and the milliseconds left
 * @throws the failure of the last attempt
 */
export async function persist<T>(
  attempt: (number: number, leftMs: number) => Promise<Attempt<T>>,
  { attempts, totalMs, sleep, now }: Patience,
): Promise<T> {
  const deadline = now() + totalMs;
  for (let number = 1; ; number++) {
    const result = await attempt(number, deadline - now());
    if ('answer' in result) return result.answer;
    const { failed, waitMs } = result;
    if (waitMs === null || number >= attempts || now() + waitMs >= deadline) throw failed;
    await sleep(waitMs);
  }
}
