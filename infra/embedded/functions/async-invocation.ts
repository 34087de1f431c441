import type { FunctionSpec } from '../assembly/specs.ts';
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
  readonly requestId: string;
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
    attempt: ({ functionArn, requestId, event }) => host.invoke(functionArn, event, requestId),
    exhausted: (accepted, error, attempts) => giveUp(host.find(accepted.functionArn), { ...accepted, error, attempts }),
  });
  return (functionArn: string, event: string): void => {
    const requestId = newId();
    begin(requestId, { functionArn: host.find(functionArn).arn, requestId, event });
  };

  function giveUp(
    spec: FunctionSpec,
    lost: { requestId: string; event: string; error: unknown; attempts: number },
  ): void {
    const { requestId, event, error, attempts } = lost;
    const fault =
      error instanceof FunctionFailed ? error.fault : { errorType: 'ServiceException', errorMessage: String(error) };
    const { deadLetterArn } = spec.async;
    if (deadLetterArn !== null) {
      queues.send(deadLetterArn, event, { RequestID: requestId, ErrorCode: '200', ErrorMessage: fault.errorMessage });
    }
    const fate = deadLetterArn === null ? 'is lost' : `is in ${deadLetterArn}`;
    report(`${spec.name} failed ${attempts} times with ${fault.errorType}; its event ${fate}`);
  }
}
export type InvokeAsync = ReturnType<typeof asyncInvoker>;
