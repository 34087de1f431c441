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
 * function's on-failure destination or dead-letter queue. Where it has neither the event is lost, and reported.
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
    const { onFailureArn, deadLetterArn } = spec.async;
    if (onFailureArn !== null) {
      const record = {
        version: '1.0',
        timestamp: new Date(clock.now()).toISOString(),
        requestContext: {
          ...{ requestId, functionArn: `${spec.arn}:$LATEST`, condition: 'RetriesExhausted' },
          approximateInvokeCount: attempts,
        },
        requestPayload: JSON.parse(event),
        responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
        responsePayload: fault,
      };
      queues.send(onFailureArn, JSON.stringify(record));
    }
    if (deadLetterArn !== null) {
      queues.send(deadLetterArn, event, { RequestID: requestId, ErrorCode: '200', ErrorMessage: fault.errorMessage });
    }
    const where = onFailureArn ?? deadLetterArn;
    report(
      where === null
        ? `${spec.name} failed ${attempts} times with ${fault.errorType}; its event is lost`
        : `${spec.name} failed ${attempts} times with ${fault.errorType}; its event is in ${where}`,
    );
  }
}
export type InvokeAsync = ReturnType<typeof asyncInvoker>;
