import * as z from 'zod';
import type { RetryPolicy } from '../assembly/specs.ts';
import type { Clock } from '../clock/clock.ts';
import type { Journal } from '../journal/journal.ts';
import type { Message, Queues } from './queues.ts';

/** A retry cannot help, e.g. because the machine does not exist. `code` is EventBridge's name for it. */
export class NotRetriable extends Error {
  override readonly name = 'NotRetriable' as const;
  readonly code: 'NO_RESOURCE' | 'NO_PERMISSIONS';
  constructor(message: string, options?: ErrorOptions & { code?: NotRetriable['code'] }) {
    super(message, options);
    this.code = options?.code ?? 'NO_RESOURCE';
  }
}

/**
 * Moves an event that was given up to its dead-letter queue. Returns what happened to it, in words: it is lost if
 * there is no such queue, or no longer.
 */
export function sendToDeadLetters(
  queues: Queues,
  queue: string | null,
  event: string,
  why: Message['attributes'],
): string {
  if (queue === null || !queues.list().some(({ arn }) => arn === queue)) return 'is lost';
  queues.send(queue, event, why);
  return `is in ${queue}`;
}

/** Characters of work that is under way or waits for its next attempt: it is in memory. */
export interface Load {
  characters: number;
}

interface Retried<Work> {
  readonly load?: Load;
  readonly clock: Clock;
  readonly journal: Journal;
  /** Prefix of the keys of this work in the journal. */
  readonly prefix: string;
  /** Reads work that an earlier process has written. @throws ZodError */
  readonly parseWork: (kept: unknown) => Work;
  readonly policy: (work: Work) => RetryPolicy;
  /** Delay in ms before the attempt that follows the given number of failed ones (1, 2, ...). */
  readonly delayMs: (failed: number) => number;
  /** Done when it returns, or when its promise resolves. */
  readonly attempt: (work: Work, id: string) => Promise<unknown> | undefined;
  /** Called once, when the policy allows no further attempt. */
  readonly exhausted: (lost: { work: Work; id: string; error: unknown; attempts: number }) => void;
}

/** Work as the journal keeps it, JSON; `at` is when it is tried next. */
const Pending = z.strictObject({ work: z.unknown(), startedAt: z.number(), failed: z.int().min(0), at: z.number() });
type Pending<Work> = z.infer<typeof Pending> & { readonly work: Work };

/**
 * Attempts work at once and then, while the policy allows, again later, also across restarts: work that was pending
 * when the process ended is attempted when its time comes, or at once if that has passed. Work that completes
 * synchronously is never journaled. The clock is held while an attempt runs.
 */
export function createRetries<Work>(options: Retried<Work>): (id: string, work: Work) => void {
  const { load = { characters: 0 }, clock, journal, prefix, parseWork, policy, delayMs, attempt, exhausted } = options;
  const lengths = new Map<string, number>();
  const weigh = (id: string, length: number) => {
    load.characters += length - (lengths.get(id) ?? 0);
    if (length === 0) lengths.delete(id);
    else lengths.set(id, length);
  };
  const tryOnce = async (id: string, pending: Pending<Work>): Promise<void> => {
    const { work, startedAt } = pending;
    const remember = () => {
      const line = JSON.stringify(pending);
      weigh(id, line.length);
      journal.put(`${prefix}${id}`, line);
    };
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
    weigh(id, 0);
    journal.remove(`${prefix}${id}`);
  };

  for (const { key } of journal.keys(prefix)) {
    const [line = 'null'] = journal.lines(key);
    const { work: kept, ...when } = Pending.parse(JSON.parse(line));
    const pending = { ...when, work: parseWork(kept) };
    const id = key.slice(prefix.length);
    weigh(id, line.length);
    clock.at(pending.at, () => tryOnce(id, pending));
  }
  return (id, work) => {
    const now = clock.now();
    void tryOnce(id, { work, startedAt: now, failed: 0, at: now });
  };
}
