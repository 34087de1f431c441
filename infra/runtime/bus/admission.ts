import type { HistoryEvent } from '../engine/history.ts';

/** What an execution does before time passes without it: asks a human, waits, or backs off before a retry. */
const RESTS: ReadonlySet<HistoryEvent['type']> = new Set([
  ...(['TaskSubmitted', 'WaitStateEntered'] as const),
  ...(['TaskFailed', 'TaskTimedOut', 'LambdaFunctionFailed', 'LambdaFunctionTimedOut'] as const),
  // A retrier may be of the whole fork, or of a state whose expression failed.
  ...(['ParallelStateFailed', 'MapStateFailed', 'EvaluationFailed'] as const),
  ...(['ExecutionSucceeded', 'ExecutionFailed', 'ExecutionAborted', 'ExecutionTimedOut'] as const),
]);

/**
 * Lets at most `limit` executions work that events started; the others wait in the order they came. A burst then costs
 * the memory of its events, not of as many open executions, and what has begun is finished before more is begun. One
 * that rests has no place: thousands may wait for an approval, and simulated time passes only when all that work rest.
 * It needs none to go on, nor does one that a restart brings back: their calls wait in the function host.
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
    /** How many wait for a place. */
    waiting: () => queue.length,
    /**
     * Starts an execution when there is a place for it: at once and inside this call, or in its turn.
     * @param start gives the execution's ARN, before the execution does anything; null where nothing began
     * @returns undefined when it began; else a promise of that, which fails as `start` does
     */
    enter(start: () => string | null): Promise<void> | undefined {
      if (queue.length === 0 && working.size < limit) return void begin(start);
      const { promise, resolve } = Promise.withResolvers<void>();
      queue.push(() => resolve((async () => begin(start))()));
      return promise;
    },
    /** Told of all that executions do: whose execution rests or has ended gives up its place. */
    observe(executionArn: string, { type }: HistoryEvent): void {
      if (!RESTS.has(type)) return;
      // Not inside the engine's own step.
      if (working.delete(executionArn) && queue.length > 0) queueMicrotask(drain);
    },
  };
}
