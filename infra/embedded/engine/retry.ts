import type { Retrier } from './definition.ts';
import type { StateFailure } from './errors.ts';

/**
 * Whether a Retry or Catch entry is meant for this failure. States.Runtime is for nobody. States.DataLimitExceeded is
 * only for whoever names it, as documented, except for the result of a task: AWS was recorded to let States.ALL catch
 * that one. States.TaskFailed takes everything else but a timeout.
 */
export function matches(errorEquals: readonly string[], failure: StateFailure): boolean {
  const { error } = failure;
  if (error === 'States.Runtime') return false;
  return errorEquals.some((name) => {
    if (name === error) return true;
    if (name === 'States.HeartbeatTimeout') return failure.missedHeartbeat;
    if (error === 'States.DataLimitExceeded' && !failure.recorded) return false;
    return name === 'States.ALL' || (name === 'States.TaskFailed' && error !== 'States.Timeout');
  });
}

/** Counts attempts per retrier, on from those already made; lives as long as the state is not left. */
export function retryBook(retriers: readonly Retrier[], random: () => number, before: readonly number[]) {
  const attempts = retriers.map((_, index) => before[index] ?? 0);
  return {
    made: () => attempts.reduce((sum, made) => sum + made, 0),
    /** How long to wait before the next attempt; undefined where the failure is not, or no longer, retried. */
    next(failure: StateFailure): { retrier: number; delayMs: number } | undefined {
      const index = retriers.findIndex((retrier) => matches(retrier.ErrorEquals, failure));
      const retrier = retriers[index];
      const made = attempts[index];
      if (retrier === undefined || made === undefined || made >= retrier.MaxAttempts) return undefined;
      attempts[index] = made + 1;
      const backoff = retrier.IntervalSeconds * retrier.BackoffRate ** made;
      const seconds = Math.min(backoff, retrier.MaxDelaySeconds ?? Number.MAX_SAFE_INTEGER / 1000);
      const delayMs = Math.round(1000 * (retrier.JitterStrategy === 'FULL' ? random() * seconds : seconds));
      return { retrier: index, delayMs };
    },
  };
}
