import type { HistoryEvent } from '../engine/history.ts';

/** Events after which an execution is idle: it waits for a human or a timer, backs off before a retry, or has ended. */
const IDLE_AFTER: ReadonlySet<HistoryEvent['type']> = new Set([
  'TaskSubmitted',
  'WaitStateEntered',
  'TaskFailed',
  'TaskTimedOut',
  'LambdaFunctionFailed',
  'LambdaFunctionTimedOut',
  // The retry may be that of the whole fork, of which nothing else is recorded, or of a state whose expression failed.
  'FailStateEntered',
  'MapIterationFailed',
  'ParallelStateFailed',
  'MapStateFailed',
  'EvaluationFailed',
  'ExecutionSucceeded',
  'ExecutionFailed',
  'ExecutionAborted',
  'ExecutionTimedOut',
]);

/**
 * Limits how many executions started by events work at the same time; the others wait in order of arrival. A burst then
 * costs the memory of its events, not of as many open executions, and work in progress finishes before more begins. An
 * idle execution takes no slot: thousands may wait for an approval, and simulated time passes only while all are idle.
 * It needs none to resume, nor does an execution restored after a restart: their calls queue in the function host.
 */
export function createAdmission(limit: number) {
  const working = new Set<string>();
  const queue: (() => void)[] = [];

  const begin = (start: () => string | null): void => {
    const arn = start();
    if (arn !== null) working.add(arn);
  };
  const drain = () => {
    while (working.size < limit && queue.length > 0) queue.shift()?.();
  };

  return {
    /** Number of executions waiting for a slot. */
    waiting: () => queue.length,
    /**
     * Starts an execution as soon as a slot is free: inside this call, or when its turn comes.
     * @param start returns the execution's ARN, before the execution does anything; null if none was started
     * @returns undefined if it was started inside this call; otherwise a promise that rejects with the error of `start`
     */
    enter(start: () => string | null): Promise<void> | undefined {
      if (queue.length === 0 && working.size < limit) return void begin(start);
      const { promise, resolve } = Promise.withResolvers<void>();
      queue.push(() => resolve((async () => begin(start))()));
      return promise;
    },
    /** Receives every execution event: an execution that goes idle or ends gives up its slot. */
    observe(executionArn: string, { type }: HistoryEvent): void {
      if (!IDLE_AFTER.has(type)) return;
      // Deferred: nothing may start inside the engine's own step.
      if (working.delete(executionArn) && queue.length > 0) queueMicrotask(drain);
    },
  };
}
