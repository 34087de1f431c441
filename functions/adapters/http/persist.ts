/** How one attempt ended: with an answer, or with a failure and how long to wait before it is worth another; null where it is not. */
export type Attempt<T> = { answer: T } | { failed: Error; waitMs: number | null };

export interface Patience {
  readonly attempts: number;
  /** No attempt begins, and no wait ends, after so many milliseconds. */
  readonly totalMs: number;
  readonly sleep: (ms: number) => Promise<unknown>;
  /** Milliseconds; only differences are used. */
  readonly now: () => number;
}

/**
 * Tries until there is an answer. A wait that would outlast the patience is not shortened: asking earlier than told is what
 * `Retry-After` forbids.
 * @param attempt is told its number, from 1, and how many milliseconds are left
 * @throws what the last attempt failed with
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
