import * as z from 'zod';
import type { QueueSpec } from '../assembly/specs.ts';
import { AwsError } from '../aws-error.ts';
import type { Clock } from '../clock/clock.ts';
import type { Journal } from '../journal/journal.ts';

const Message = z.strictObject({
  messageId: z.string(),
  body: z.string(),
  attributes: z.record(z.string(), z.string()),
  sentAt: z.number(),
});
export type Message = Readonly<z.infer<typeof Message>>;

/** A queue keeps so many characters of bodies; of what comes then only the beginning is kept, for each message is counted. */
const KEPT_CHARACTERS = 16 * 2 ** 20;
const BEGINNING = 1000;

export type Queues = ReturnType<typeof createQueues>;

interface QueueOptions {
  readonly clock: Clock;
  readonly newId: () => string;
  readonly journal: Journal;
  /** Called for every message, so that the operator of this machine can read it. */
  readonly log: (queue: string, line: string) => void;
}

/**
 * Standard SQS queues, as far as dead letters need them: messages are sent, looked at, and dropped when they are too
 * old. What a queue keeps is bounded: while it is full, only the beginning of a message.
 */
export function createQueues(specs: readonly QueueSpec[], { clock, newId, journal, log }: QueueOptions) {
  const keyOf = (spec: QueueSpec, { messageId }: Message) => `q${spec.name}/${messageId}`;
  const kept = (spec: QueueSpec): Message[] =>
    journal.keys(`q${spec.name}/`).map(({ key }) => Message.parse(JSON.parse(journal.lines(key)[0] ?? 'null')));
  const charactersOf = (messages: readonly Message[]) => messages.reduce((sum, { body }) => sum + body.length, 0);
  const queues = specs.map((spec) => {
    const messages = kept(spec);
    return { spec, messages, characters: charactersOf(messages) };
  });

  const current = (reference: string) => {
    const name = reference.slice(Math.max(reference.lastIndexOf('/'), reference.lastIndexOf(':')) + 1);
    const queue = queues.find(({ spec }) => spec.name === name);
    if (queue === undefined) throw new AwsError('QueueDoesNotExistException', `there is no queue ${reference}`);
    const oldest = clock.now() - queue.spec.retentionSeconds * 1000;
    const young = queue.messages.findIndex(({ sentAt }) => sentAt >= oldest);
    const old = queue.messages.splice(0, young < 0 ? queue.messages.length : young);
    queue.characters -= charactersOf(old);
    for (const message of old) journal.remove(keyOf(queue.spec, message));
    return queue;
  };

  return {
    send(reference: string, body: string, attributes: Readonly<Record<string, string>> = {}): Message {
      const queue = current(reference);
      const { spec, messages } = queue;
      const kept = queue.characters + body.length <= KEPT_CHARACTERS ? body : body.slice(0, BEGINNING);
      queue.characters += kept.length;
      const message = { messageId: newId(), body: kept, attributes, sentAt: clock.now() };
      messages.push(message);
      const json = JSON.stringify(message);
      journal.put(keyOf(spec, message), json);
      log(spec.name, `${json}\n`);
      return message;
    },
    /** Everything in the queue, oldest first, without taking it. */
    peek: (reference: string): readonly Message[] => current(reference).messages,
    list: (): readonly QueueSpec[] => specs,
  };
}
