import * as z from 'zod';
import type { Clock } from '../clock/clock.ts';
import type { Journal } from '../journal/journal.ts';
import type { Queues } from '../services/queues.ts';
import { createRetries, type Load, sendToDeadLetters } from '../services/retries.ts';
import type { FunctionHost } from './host.ts';
import { FunctionFailed } from './worker-thread.ts';

/** Lambda retries a failed asynchronous invocation after one minute, then after two. */
const delayMs = (failed: number) => failed * 60_000;

/** An event that a function has accepted but not yet handled; the function may be gone after a restart. */
const Accepted = z.strictObject({
  name: z.string(),
  arn: z.string(),
  async: z.strictObject({ attempts: z.int(), maxAgeSeconds: z.number(), deadLetterArn: z.string().nullable() }),
  event: z.string(),
});
type Accepted = z.infer<typeof Accepted>;

interface AsyncOptions {
  readonly load?: Load;
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
export function asyncInvoker({ load = { characters: 0 }, host, journal, queues, clock, newId, report }: AsyncOptions) {
  const begin = createRetries<Accepted>({
    load,
    clock,
    journal,
    prefix: 'a',
    parseWork: (kept) => Accepted.parse(kept),
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
