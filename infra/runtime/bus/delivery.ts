import { createHash } from 'node:crypto';
import type { TargetSpec } from '../assembly/specs.ts';
import type { Clock } from '../clock/clock.ts';
import type { InvokeAsync } from '../functions/async-invocation.ts';
import type { Journal } from '../journal/journal.ts';
import type { Queues } from '../services/queues.ts';
import { bury, createRetries, NotRetriable } from '../services/retries.ts';

/** One event on its way to one target of a rule. */
interface Delivery {
  readonly eventId: string;
  /** ARN of the rule. */
  readonly from: string;
  readonly target: TargetSpec;
  /** JSON: what the target receives unless its rule says something else, and the dead-letter queue in any case. */
  readonly event: string;
}

interface DeliverOptions {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly queues: Queues;
  readonly invokeAsync: InvokeAsync;
  /** Starts an execution, at once or in its turn (then a promise); a name that is taken is a redelivery and no failure. */
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
  const begin = createRetries<Delivery>({
    ...{ clock, journal, prefix: 'b', policy: ({ target }) => target.retry, delayMs },
    attempt({ target, event }, id) {
      const { arn, constant } = target;
      const payload = constant ?? event;
      const service = arn.split(':')[2];
      if (service === 'states') return startExecution(target, id, payload);
      if (service === 'lambda') invokeAsync(arn, payload);
      else if (service === 'sqs') queues.send(arn, payload);
      else throw new NotRetriable(`nothing can be delivered to ${arn}`);
      return undefined;
    },
    exhausted({ work: { eventId, from, target, event }, error, attempts }) {
      const message = error instanceof Error ? error.message : String(error);
      const fate = bury(queues, target.deadLetterArn, event, {
        ...{ RULE_ARN: from, TARGET_ARN: target.arn },
        ERROR_CODE: error instanceof NotRetriable ? error.code : 'SDK_CLIENT_ERROR',
        ERROR_MESSAGE: message,
        RETRY_ATTEMPTS: `${attempts - 1}`,
      });
      report(`${from} could not reach ${target.arn}: ${message}; event ${eventId} ${fate}`);
    },
  });
  return (delivery: Delivery): void => {
    // The same event names the same execution, so that a redelivery cannot start a second one. At most 80 characters.
    const route = createHash('sha256').update(`${delivery.from} ${delivery.target.id}`).digest('hex').slice(0, 16);
    begin(`${delivery.eventId}_${route}`, delivery);
  };
}
export type Deliver = ReturnType<typeof deliverer>;
