import type { HistoryEvent } from '../engine/history.ts';

export interface Admission {
  /**
   * Starts an execution when there is a place for it: at once and inside this call, or in its turn.
   * @param start gives the execution's ARN; null where nothing began
   * @returns undefined when it began; else a promise of that, which fails as `start` does
   */
  enter(start: () => string | null): Promise<void> | undefined;
  /** Told of all that executions do: whose execution rests or has ended gives up its place. */
  observe(executionArn: string, event: HistoryEvent): void;
  /** How many wait for a place. */
  waiting(): number;
}

interface Waiting {
  readonly start: () => string | null;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

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
 */
export function createAdmission(limit: number): Admission {
  const working = new Set<string>();
  const queue: Waiting[] = [];
  /** Served so far from the front of the queue: taking one off a long array would move all the others. */
  let served = 0;
  let restedWhileStarting: Set<string> | null = null;
  let draining = false;

  const waiting = () => queue.length - served;
  const begin = (start: () => string | null) => {
    const rested = new Set<string>();
    restedWhileStarting = rested;
    try {
      const arn = start();
      if (arn !== null && !rested.has(arn)) working.add(arn);
    } finally {
      restedWhileStarting = null;
    }
  };
  const drain = () => {
    draining = false;
    while (waiting() > 0 && working.size < limit) {
      const next = queue[served++];
      try {
        if (next !== undefined) begin(next.start);
        next?.resolve();
      } catch (error) {
        next?.reject(error);
      }
    }
    if (served * 2 > queue.length) {
      queue.splice(0, served);
      served = 0;
    }
  };

  return {
    waiting,
    enter(start) {
      if (waiting() > 0 || working.size >= limit) {
        return new Promise((resolve, reject) => queue.push({ start, resolve, reject }));
      }
      begin(start);
      return undefined;
    },
    observe(executionArn, { type }) {
      if (!RESTS.has(type)) return;
      restedWhileStarting?.add(executionArn);
      if (!working.delete(executionArn) || draining) return;
      draining = true;
      // Not inside the engine's own step.
      queueMicrotask(drain);
    },
  };
}
