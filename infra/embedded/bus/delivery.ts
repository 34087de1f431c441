import { createHash } from 'node:crypto';
import type { TargetSpec } from '../assembly/specs.ts';
import type { Clock } from '../clock/clock.ts';
import type { InvokeAsync } from '../functions/async-invocation.ts';
import type { Journal } from '../journal/journal.ts';
import type { Queues } from '../services/queues.ts';
import { createRetries, NotRetriable } from './retries.ts';

/** One event on its way to one target of a rule. */
export interface Delivery {
  readonly eventId: string;
  /** ARN of the rule. */
  readonly from: string;
  readonly target: Pick<TargetSpec, 'id' | 'arn' | 'retry' | 'deadLetterArn' | 'roleArn'>;
  /** What the target receives, JSON. */
  readonly payload: string;
  /** What the dead-letter queue receives, JSON. */
  readonly event: string;
}

interface DeliverOptions {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly queues: Queues;
  readonly invokeAsync: InvokeAsync;
  /** Starts an execution, at once or in its turn (then a promise); a name that is taken by the same event is a redelivery and no failure. */
  readonly startExecution: (
    target: Pick<TargetSpec, 'arn' | 'roleArn'>,
    name: string,
    input: string,
  ) => Promise<void> | undefined;
  readonly report: (message: string) => void;
}

/** Doubles from one second to ten minutes. AWS backs off in a like manner and publishes no numbers. */
const delayMs = (failed: number) => Math.min(1000 * 2 ** (failed - 1), 600_000);

/**
 * Makes the function that hands events to targets, again after a failure as the target's policy says, and to its
 * dead-letter queue at last. A function counts as reached once it has accepted the event, whatever its handler then
 * does with it: that is the business of its own asynchronous retries.
 */
export function deliverer({ clock, journal, queues, invokeAsync, startExecution, report }: DeliverOptions) {
  const reach = ({ eventId, from, target, payload }: Delivery): Promise<void> | undefined => {
    const service = target.arn.split(':')[2];
    if (service === 'lambda') invokeAsync(target.arn, payload);
    else if (service === 'sqs') queues.send(target.arn, payload);
    else if (service === 'states') return startExecution(target, executionName({ eventId, from, target }), payload);
    else throw new NotRetriable(`nothing can be delivered to ${target.arn}`);
    return undefined;
  };
  const begin = createRetries<Delivery>({
    ...{ clock, journal, prefix: 'b', policy: ({ target }) => target.retry, delayMs, attempt: reach },
    exhausted: ({ eventId, target, from, event }, error, attempts) => {
      const message = error instanceof Error ? error.message : String(error);
      if (target.deadLetterArn !== null) {
        queues.send(target.deadLetterArn, event, {
          ...{ RULE_ARN: from, TARGET_ARN: target.arn },
          ERROR_CODE: error instanceof NotRetriable ? error.code : 'SDK_CLIENT_ERROR',
          ERROR_MESSAGE: message,
          RETRY_ATTEMPTS: `${attempts - 1}`,
        });
      }
      const fate = target.deadLetterArn === null ? 'is lost' : `is in ${target.deadLetterArn}`;
      report(`${from} could not reach ${target.arn}: ${message}; event ${eventId} ${fate}`);
    },
  });
  return (delivery: Delivery): void => begin(executionName(delivery), delivery);
}
export type Deliver = ReturnType<typeof deliverer>;

/** The same event names the same execution, so that a redelivery cannot start a second one. At most 80 characters. */
function executionName({ eventId, from, target }: Pick<Delivery, 'eventId' | 'from' | 'target'>): string {
  const digest = createHash('sha256').update(`${from} ${target.id}`).digest('hex').slice(0, 16);
  return `${eventId}_${digest}`;
}
