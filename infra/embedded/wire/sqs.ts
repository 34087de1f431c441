import * as z from 'zod';
import { type Message, md5, QueueDoesNotExist, type Queues } from '../services/queues.ts';
import { AwsError } from './aws-error.ts';
import type { Service } from './calls.ts';
import { parseInput } from './input.ts';

const MAX_MESSAGE_BYTES = 256 * 1024;

const ByUrl = z.object({ QueueUrl: z.string() });
/** Strict: a delay or a group that is not honoured must not be taken in silence. */
const SendMessage = z.strictObject({
  QueueUrl: z.string(),
  MessageBody: z
    .string()
    .min(1)
    .refine((body) => Buffer.byteLength(body) <= MAX_MESSAGE_BYTES, 'must be at most 262144 bytes'),
  MessageAttributes: z
    .record(z.string(), z.strictObject({ DataType: z.literal('String'), StringValue: z.string() }))
    .default({}),
});
const ReceiveMessage = ByUrl.extend({
  MaxNumberOfMessages: z.number().int().min(1).max(10).default(1),
  VisibilityTimeout: z.number().int().min(0).max(43_200).optional(),
});
const DeleteMessage = ByUrl.extend({ ReceiptHandle: z.string() });
const GetQueueUrl = z.object({ QueueName: z.string() });
const ListQueues = z.object({ QueueNamePrefix: z.string().default('') });

/** SQS on the wire, JSON protocol. A receive answers at once: long polling is a promise about cost, not about messages. */
export function sqs(queues: Queues): Service {
  const operations: Service = {
    SendMessage(input) {
      const { QueueUrl, MessageBody, MessageAttributes } = parseInput(SendMessage, input);
      const attributes = Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, StringValue]);
      const message = queues.send(QueueUrl, MessageBody, Object.fromEntries(attributes));
      return { MessageId: message.messageId, MD5OfMessageBody: md5(MessageBody) };
    },
    ReceiveMessage(input) {
      const { QueueUrl, MaxNumberOfMessages, VisibilityTimeout } = parseInput(ReceiveMessage, input);
      const messages = queues.receive(QueueUrl, MaxNumberOfMessages, VisibilityTimeout);
      return messages.length === 0 ? {} : { Messages: messages.map(wireMessage) };
    },
    DeleteMessage(input) {
      const { QueueUrl, ReceiptHandle } = parseInput(DeleteMessage, input);
      queues.remove(QueueUrl, ReceiptHandle);
    },
    GetQueueUrl: (input) => ({ QueueUrl: queues.spec(parseInput(GetQueueUrl, input).QueueName).url }),
    GetQueueAttributes(input) {
      const { QueueUrl } = parseInput(ByUrl, input);
      const { visible, hidden } = queues.counts(QueueUrl);
      const { arn, visibilitySeconds, retentionSeconds } = queues.spec(QueueUrl);
      return {
        Attributes: {
          ...{
            QueueArn: arn,
            VisibilityTimeout: `${visibilitySeconds}`,
            MessageRetentionPeriod: `${retentionSeconds}`,
          },
          ApproximateNumberOfMessages: `${visible}`,
          ApproximateNumberOfMessagesNotVisible: `${hidden}`,
          ApproximateNumberOfMessagesDelayed: '0',
        },
      };
    },
    ListQueues(input) {
      const { QueueNamePrefix } = parseInput(ListQueues, input);
      return {
        QueueUrls: queues
          .list()
          .filter(({ name }) => name.startsWith(QueueNamePrefix))
          .map(({ url }) => url),
      };
    },
  };
  return Object.fromEntries(Object.entries(operations).map(([name, run]) => [name, translated(run)]));
}

function translated(run: (input: unknown) => unknown): (input: unknown) => unknown {
  return (input) => {
    try {
      return run(input);
    } catch (error) {
      if (error instanceof QueueDoesNotExist) {
        throw new AwsError('com.amazonaws.sqs#QueueDoesNotExist', 'The specified queue does not exist.', 400, {
          cause: error,
        });
      }
      throw error;
    }
  };
}

function wireMessage({ messageId, body, attributes, sentAt, receives, receiptHandle }: Message) {
  const described = Object.entries(attributes).map(([name, value]) => [
    name,
    { DataType: 'String', StringValue: value },
  ]);
  return {
    ...{ MessageId: messageId, ReceiptHandle: receiptHandle, Body: body, MD5OfBody: md5(body) },
    Attributes: { SentTimestamp: `${sentAt}`, ApproximateReceiveCount: `${receives}` },
    ...(described.length === 0 ? {} : { MessageAttributes: Object.fromEntries(described) }),
  };
}
