import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { TargetSpec } from '../assembly/specs.ts';
import type { Clock } from '../clock/clock.ts';
import type { InvokeAsync } from '../functions/async-invocation.ts';
import type { Journal } from '../journal/journal.ts';
import type { Queues } from '../services/queues.ts';
import { createRetries, type Load, NotRetriable, sendToDeadLetters } from '../services/retries.ts';

/**
 * One event on its way to one target of a rule; `from` is the ARN of the rule, and the event JSON. The target receives it
 * unless its rule has a constant input; the dead-letter queue always receives it.
 */
const Delivery = z.strictObject({
  eventId: z.string(),
  from: z.string(),
  target: z.strictObject({
    id: z.string(),
    arn: z.string(),
    roleArn: z.string().nullable(),
    constant: z.string().nullable(),
    retry: z.strictObject({ attempts: z.int(), maxAgeSeconds: z.number() }),
    deadLetterArn: z.string().nullable(),
  }),
  event: z.string(),
});
type Delivery = z.infer<typeof Delivery>;

interface DeliverOptions {
  readonly load?: Load;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly queues: Queues;
  readonly invokeAsync: InvokeAsync;
  /**
   * Starts an execution, at once or in its turn (then it returns a promise); a name already taken is a redelivery,
   * not a failure.
   */
  readonly startExecution: (
    target: Pick<TargetSpec, 'arn' | 'roleArn'>,
    name: string,
    input: string,
  ) => Promise<void> | undefined;
  readonly report: (message: string) => void;
}

/** Doubles from one second to ten minutes. AWS backs off similarly but publishes no numbers. */
const delayMs = (failed: number) => Math.min(1000 * 2 ** (failed - 1), 600_000);

/**
 * Returns a function that delivers events to targets, retries as the target's policy says, and finally hands them to
 * its dead-letter queue. Delivery to a function ends when the function accepts the event: failures of its handler are
 * up to its own asynchronous retries.
 */
export function deliverer({
  load = { characters: 0 },
  clock,
  journal,
  queues,
  invokeAsync,
  startExecution,
  report,
}: DeliverOptions) {
  const begin = createRetries<Delivery>({
    load,
    clock,
    journal,
    prefix: 'b',
    parseWork: (kept) => Delivery.parse(kept),
    policy: ({ target }) => target.retry,
    delayMs,
    attempt({ target, event }, id) {
      const { arn, constant } = target;
      const payload = constant ?? event;
      const service = arn.split(':')[2];
      if (service === 'states') return startExecution(target, id, payload);
      if (service === 'lambda') invokeAsync(arn, payload);
      else if (service === 'sqs') queues.send(arn, payload);
      else throw new NotRetriable(`events cannot be delivered to ${arn}`);
      return undefined;
    },
    exhausted({ work: { eventId, from, target, event }, error, attempts }) {
      const message = error instanceof Error ? error.message : String(error);
      const fate = sendToDeadLetters(queues, target.deadLetterArn, event, {
        RULE_ARN: from,
        TARGET_ARN: target.arn,
        ERROR_CODE: error instanceof NotRetriable ? error.code : 'SDK_CLIENT_ERROR',
        ERROR_MESSAGE: message,
        RETRY_ATTEMPTS: `${attempts - 1}`,
      });
      report(`${from} could not reach ${target.arn}: ${message}; event ${eventId} ${fate}`);
    },
  });
  return (delivery: Delivery): void => {
    // The name follows from the event, so that a redelivery cannot start a second execution. At most 80 characters.
    const route = createHash('sha256').update(`${delivery.from} ${delivery.target.id}`).digest('hex').slice(0, 16);
    begin(`${delivery.eventId}_${route}`, delivery);
  };
}
export type Deliver = ReturnType<typeof deliverer>;
