import type { RetryPolicy } from '../assembly/specs.ts';
import type { Clock } from '../clock/clock.ts';

/** Trying again cannot help, e.g. the machine is not there. */
export class NotRetriable extends Error {
  override readonly name = 'NotRetriable' as const;
}

interface Retried {
  readonly clock: Clock;
  readonly policy: RetryPolicy;
  /** Wait in ms before the attempt after the given number of failed ones (1, 2, ...). */
  readonly delayMs: (failed: number) => number;
  readonly attempt: () => Promise<unknown>;
  /** Told once, when the policy allows no further attempt. */
  readonly exhausted: (error: unknown, attempts: number) => void;
}

/** Attempts at once and then, while the policy allows, again later. The clock is held while an attempt runs. */
export function retry({ clock, policy, delayMs, attempt, exhausted }: Retried): void {
  const startedAt = clock.now();
  let failed = 0;
  const tryOnce = async () => {
    const release = clock.hold();
    try {
      await attempt();
    } catch (error) {
      failed += 1;
      const at = clock.now() + delayMs(failed);
      const tooOld = at - startedAt > policy.maxAgeSeconds * 1000;
      if (failed > policy.attempts || tooOld || error instanceof NotRetriable) exhausted(error, failed);
      else clock.at(at, tryOnce);
    } finally {
      release();
    }
  };
  void tryOnce();
}
