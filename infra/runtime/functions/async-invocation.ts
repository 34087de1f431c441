import type { FunctionSpec } from '../assembly/specs.ts';
import type { Clock } from '../clock/clock.ts';
import type { Journal } from '../journal/journal.ts';
import type { Queues } from '../services/queues.ts';
import { createRetries, sendToDeadLetters } from '../services/retries.ts';
import type { FunctionHost } from './host.ts';
import { FunctionFailed } from './worker-thread.ts';

/** Lambda retries a failed asynchronous invocation after one minute, then after two. */
const delayMs = (failed: number) => failed * 60_000;

/** An event that a function has accepted but not yet handled; the function may be gone after a restart. */
interface Accepted extends Pick<FunctionSpec, 'name' | 'arn' | 'async'> {
  readonly event: string;
}

interface AsyncOptions {
  readonly host: Pick<FunctionHost, 'find' | 'invoke'>;
  readonly journal: Journal;
  readonly queues: Queues;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly report: (message: string) => void;
}

/**
 * Lambda's asynchronous invocation: accepted at once, retried on failure, and finally handed to the function's
 * dead-letter queue. Without one the event is lost, and that is reported.
 */
export function asyncInvoker({ host, journal, queues, clock, newId, report }: AsyncOptions) {
  const begin = createRetries<Accepted>({
    clock,
    journal,
    prefix: 'a',
    delayMs,
    policy: (accepted) => accepted.async,
    attempt: ({ arn, event }, requestId) => host.invoke(arn, event, requestId),
    exhausted({ work: { name, async, event }, id, error, attempts }) {
      const { errorType, errorMessage } =
        error instanceof FunctionFailed ? error.fault : { errorType: 'ServiceException', errorMessage: String(error) };
      const why = { RequestID: id, ErrorCode: '200', ErrorMessage: errorMessage };
      const fate = sendToDeadLetters(queues, async.deadLetterArn, event, why);
      report(`${name} failed ${attempts} times with ${errorType}; its event ${fate}`);
    },
  });
  return (functionArn: string, event: string): void => {
    const { name, arn, async } = host.find(functionArn);
    begin(newId(), { name, arn, async, event });
  };
}
export type InvokeAsync = ReturnType<typeof asyncInvoker>;
