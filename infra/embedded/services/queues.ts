import { createHash } from 'node:crypto';
import type { QueueSpec } from '../assembly/specs.ts';
import type { Clock } from '../clock/clock.ts';
import type { Journal } from '../journal/journal.ts';

export interface Message {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly sentAt: number;
  receives: number;
  /** Epoch ms before which nobody else gets it. */
  hiddenUntil: number;
  receiptHandle: string | null;
}

/** No queue has this name, URL or ARN. */
export class QueueDoesNotExist extends Error {
  override readonly name = 'QueueDoesNotExist' as const;
}

export type Queues = ReturnType<typeof createQueues>;

interface QueueOptions {
  readonly clock: Clock;
  readonly newId: () => string;
  readonly journal: Journal;
}

/** Standard SQS queues: visibility timeout, retention, redrive. Order is kept, though SQS promises none. */
export function createQueues(specs: readonly QueueSpec[], { clock, newId, journal }: QueueOptions) {
  const keyOf = (spec: QueueSpec, { messageId }: Message) => `q${spec.name}/${messageId}`;
  const write = (spec: QueueSpec, message: Message) => journal.put(keyOf(spec, message), JSON.stringify(message));
  const kept = (spec: QueueSpec): Message[] =>
    journal
      .keys(`q${spec.name}/`)
      .map(({ key }): Message => JSON.parse(journal.lines(key)[0] ?? 'null'))
      .sort((a, b) => a.sentAt - b.sentAt);
  const queues = specs.map((spec) => ({ spec, messages: kept(spec) }));

  const find = (reference: string) => {
    const name = reference.slice(Math.max(reference.lastIndexOf('/'), reference.lastIndexOf(':')) + 1);
    const found = queues.find(({ spec }) => spec.name === name);
    if (found === undefined) throw new QueueDoesNotExist(`no queue is called ${reference}`);
    return found;
  };
  const current = (reference: string) => {
    const queue = find(reference);
    const oldest = clock.now() - queue.spec.retentionSeconds * 1000;
    drop(queue, ({ sentAt }) => sentAt < oldest);
    return queue;
  };
  const drop = (queue: (typeof queues)[number], unwanted: (message: Message) => boolean) => {
    for (const message of queue.messages.filter(unwanted)) journal.remove(keyOf(queue.spec, message));
    queue.messages = queue.messages.filter((message) => !unwanted(message));
  };

  const send = (reference: string, body: string, attributes: Readonly<Record<string, string>> = {}): Message => {
    const message = {
      messageId: newId(),
      body,
      attributes,
      sentAt: clock.now(),
      receives: 0,
      hiddenUntil: 0,
      receiptHandle: null,
    };
    const queue = current(reference);
    queue.messages.push(message);
    write(queue.spec, message);
    return message;
  };

  return {
    send,
    /** Hands out up to `max` visible messages and hides them; one received too often moves to the dead-letter queue. */
    receive(reference: string, max: number, visibilitySeconds?: number): Message[] {
      const queue = current(reference);
      const now = clock.now();
      const taken: Message[] = [];
      for (const message of queue.messages.filter(({ hiddenUntil }) => hiddenUntil <= now)) {
        if (taken.length >= max) break;
        if (queue.spec.redrive !== null && message.receives >= queue.spec.redrive.maxReceives) {
          drop(queue, (other) => other === message);
          send(queue.spec.redrive.arn, message.body, message.attributes);
          continue;
        }
        message.receives += 1;
        message.hiddenUntil = now + (visibilitySeconds ?? queue.spec.visibilitySeconds) * 1000;
        message.receiptHandle = newId();
        write(queue.spec, message);
        taken.push(message);
      }
      return taken;
    },
    remove(reference: string, receiptHandle: string): void {
      drop(current(reference), (message) => message.receiptHandle === receiptHandle);
    },
    /** Everything in the queue, visible or not, without taking it. */
    peek: (reference: string): readonly Message[] => current(reference).messages,
    counts(reference: string): { visible: number; hidden: number } {
      const { messages } = current(reference);
      const hidden = messages.filter(({ hiddenUntil }) => hiddenUntil > clock.now()).length;
      return { visible: messages.length - hidden, hidden };
    },
    spec: (reference: string): QueueSpec => find(reference).spec,
    list: (): readonly QueueSpec[] => specs,
  };
}

export const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
