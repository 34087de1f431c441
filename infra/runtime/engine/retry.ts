import type { Retrier } from './definition.ts';
import type { TaskError } from './errors.ts';

/**
 * Whether a Retry or Catch entry matches this failure. States.Runtime is never matched. States.DataLimitExceeded is
 * matched only by name, as documented, except for the result of a task: recordings show that AWS lets States.ALL
 * catch that one. States.TaskFailed matches everything else except a timeout.
 */
export function matches(errorEquals: readonly string[], failure: TaskError): boolean {
  const { error } = failure;
  if (error === 'States.Runtime') return false;
  return errorEquals.some((name) => {
    if (name === error) return true;
    if (name === 'States.HeartbeatTimeout') return failure.missedHeartbeat;
    if (error === 'States.DataLimitExceeded' && !failure.recorded) return false;
    return name === 'States.ALL' || (name === 'States.TaskFailed' && error !== 'States.Timeout');
  });
}

/**
 * The delay before the next attempt and the index of its retrier; undefined if the failure is not, or no longer,
 * retried.
 */
export function retryOf(
  retriers: readonly Retrier[],
  attempts: readonly number[],
  failure: TaskError,
  random: () => number,
): { retrier: number; delayMs: number } | undefined {
  const index = retriers.findIndex(({ ErrorEquals }) => matches(ErrorEquals, failure));
  const retrier = retriers[index];
  const made = attempts[index] ?? 0;
  if (retrier === undefined || made >= retrier.MaxAttempts) return undefined;
  const backoff = retrier.IntervalSeconds * retrier.BackoffRate ** made;
  const seconds = Math.min(backoff, retrier.MaxDelaySeconds ?? Number.MAX_SAFE_INTEGER / 1000);
  const jitter = retrier.JitterStrategy === 'FULL' ? random() : 1;
  return { retrier: index, delayMs: Math.round(1000 * jitter * seconds) };
}
