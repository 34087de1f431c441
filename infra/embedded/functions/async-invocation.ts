import { createRetries } from '../bus/retries.ts';
import type { Clock } from '../clock/clock.ts';
import type { Journal } from '../journal/journal.ts';
import type { Queues } from '../services/queues.ts';
import type { FunctionHost } from './host.ts';
import { FunctionFailed } from './worker-thread.ts';

/** Lambda tries a failed asynchronous invocation again after one minute, then after two. */
const delayMs = (failed: number) => failed * 60_000;

/** An event that a function has accepted and not yet handled. */
interface Accepted {
  readonly functionArn: string;
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
 * Makes Lambda's asynchronous invocation: accepted at once, tried again on failure, and in the end handed to the
 * function's dead-letter queue. Where it has none the event is lost, and reported.
 */
export function asyncInvoker({ host, journal, queues, clock, newId, report }: AsyncOptions) {
  const begin = createRetries<Accepted>({
    ...{ clock, journal, prefix: 'a', delayMs },
    policy: ({ functionArn }) => host.find(functionArn).async,
    attempt: ({ functionArn, event }, requestId) => host.invoke(functionArn, event, requestId),
    exhausted({ work: { functionArn, event }, id, error, attempts }) {
      const { name, async } = host.find(functionArn);
      const fault =
        error instanceof FunctionFailed ? error.fault : { errorType: 'ServiceException', errorMessage: String(error) };
      const { deadLetterArn } = async;
      if (deadLetterArn !== null) {
        queues.send(deadLetterArn, event, { RequestID: id, ErrorCode: '200', ErrorMessage: fault.errorMessage });
      }
      const fate = deadLetterArn === null ? 'is lost' : `is in ${deadLetterArn}`;
      report(`${name} failed ${attempts} times with ${fault.errorType}; its event ${fate}`);
    },
  });
  return (functionArn: string, event: string): void => {
    begin(newId(), { functionArn: host.find(functionArn).arn, event });
  };
}
export type InvokeAsync = ReturnType<typeof asyncInvoker>;
