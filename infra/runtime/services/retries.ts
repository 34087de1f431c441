import type { RetryPolicy } from '../assembly/specs.ts';
import type { Clock } from '../clock/clock.ts';
import type { Journal } from '../journal/journal.ts';
import type { Message, Queues } from './queues.ts';

/** Trying again cannot help, e.g. the machine is not there. `code` is what EventBridge calls it. */
export class NotRetriable extends Error {
  override readonly name = 'NotRetriable' as const;
  readonly code: 'NO_RESOURCE' | 'NO_PERMISSIONS';
  constructor(message: string, options?: ErrorOptions & { code?: NotRetriable['code'] }) {
    super(message, options);
    this.code = options?.code ?? 'NO_RESOURCE';
  }
}

/** Where an event is that was given up: in its dead-letter queue, or lost where there is none, or none any more. */
export function bury(queues: Queues, queue: string | null, event: string, why: Message['attributes']): string {
  if (queue === null || !queues.list().some(({ arn }) => arn === queue)) return 'is lost';
  queues.send(queue, event, why);
  return `is in ${queue}`;
}

interface Retried<Work> {
  readonly clock: Clock;
  readonly journal: Journal;
  /** What the keys of this work begin with in the journal. */
  readonly prefix: string;
  readonly policy: (work: Work) => RetryPolicy;
  /** Wait in ms before the attempt after the given number of failed ones (1, 2, ...). */
  readonly delayMs: (failed: number) => number;
  /** Done when it returns, or when its promise resolves. */
  readonly attempt: (work: Work, id: string) => Promise<unknown> | undefined;
  /** Told once, when the policy allows no further attempt. */
  readonly exhausted: (lost: { work: Work; id: string; error: unknown; attempts: number }) => void;
}

/** Work as the journal keeps it, JSON. */
interface Pending<Work> {
  readonly work: Work;
  readonly startedAt: number;
  failed: number;
  /** When it is tried next. */
  at: number;
}

/**
 * Attempts work at once and then, while the policy allows, again later, over restarts too: what was pending when the
 * process ended is tried when its time comes, or at once where that has passed. Work that is done within the turn that
 * brought it is never written down. The clock is held while an attempt runs.
 */
export function createRetries<Work>(options: Retried<Work>): (id: string, work: Work) => void {
  const { clock, journal, prefix, policy, delayMs, attempt, exhausted } = options;
  const tryOnce = async (id: string, pending: Pending<Work>): Promise<void> => {
    const { work, startedAt } = pending;
    const remember = () => journal.put(`${prefix}${id}`, JSON.stringify(pending));
    const release = clock.hold();
    try {
      const going = attempt(work, id);
      if (going !== undefined) {
        remember();
        await going;
      }
    } catch (error) {
      pending.failed += 1;
      pending.at = clock.now() + delayMs(pending.failed);
      const { attempts, maxAgeSeconds } = policy(work);
      const tooOld = pending.at - startedAt > maxAgeSeconds * 1000;
      if (pending.failed <= attempts && !tooOld && !(error instanceof NotRetriable)) {
        remember();
        clock.at(pending.at, () => tryOnce(id, pending));
        return;
      }
      exhausted({ work, id, error, attempts: pending.failed });
    } finally {
      release();
    }
    journal.remove(`${prefix}${id}`);
  };

  for (const { key } of journal.keys(prefix)) {
    const pending: Pending<Work> = JSON.parse(journal.lines(key)[0] ?? 'null');
    clock.at(pending.at, () => tryOnce(key.slice(prefix.length), pending));
  }
  return (id, work) => {
    const now = clock.now();
    void tryOnce(id, { work, startedAt: now, failed: 0, at: now });
  };
}
