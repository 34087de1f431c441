import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Bus } from '../bus/bus.ts';
import * as errors from '../engine/errors.ts';
import { TaskError } from '../engine/errors.ts';
import type { Integrations, TaskCall } from '../engine/integrations.ts';
import { Json, type JsonValue } from '../engine/json.ts';
import type { InvokeAsync } from '../functions/async-invocation.ts';
import type { FunctionHost } from '../functions/host.ts';
import { FunctionFailed } from '../functions/worker-thread.ts';
import { AwsError } from '../wire/aws-error.ts';
import type { Dynamo, DynamoOperation } from './dynamo.ts';
import { QueueDoesNotExist, type Queues } from './queues.ts';

interface Services {
  readonly host: FunctionHost;
  readonly invokeAsync: InvokeAsync;
  readonly queues: Queues;
  readonly bus: Bus;
  readonly dynamo: Dynamo;
  /** @throws an error of the engine, with AWS's name */
  readonly startExecution: (started: { stateMachineArn: string; name?: string; input: JsonValue }) => Started;
}

interface Started {
  readonly executionArn: string;
  readonly startDate: number;
}

type Call = (argument: JsonValue, call: TaskCall) => Promise<JsonValue> | JsonValue;

const LambdaInvoke = z.strictObject({
  FunctionName: z.string(),
  // The argument of a call is JSON already: a long state is not walked again for every invocation.
  Payload: z.custom<JsonValue>().default({}),
  InvocationType: z.enum(['RequestResponse', 'Event']).default('RequestResponse'),
});
const SendMessage = z.strictObject({
  QueueUrl: z.string(),
  MessageBody: Json,
  MessageAttributes: z.record(z.string(), z.object({ StringValue: z.string() })).default({}),
});
const PutEvents = z.strictObject({
  Entries: z.array(
    z.strictObject({
      EventBusName: z.string().optional(),
      Source: z.string(),
      DetailType: z.string(),
      Detail: Json,
      Resources: z.array(z.string()).default([]),
      Time: z.string().optional(),
    }),
  ),
});
const StartExecution = z.strictObject({
  StateMachineArn: z.string(),
  Name: z.string().optional(),
  Input: Json.default({}),
});
const DYNAMO: Readonly<Record<string, DynamoOperation>> = {
  getItem: 'GetItem',
  putItem: 'PutItem',
  updateItem: 'UpdateItem',
  deleteItem: 'DeleteItem',
};
/** Why the engine does not start an execution. */
const REFUSALS = [
  ...[errors.StateMachineDoesNotExist, errors.ExecutionAlreadyExists],
  ...[errors.InvalidName, errors.InvalidExecutionInput],
];
const PREFIX = 'arn:aws:states:::';

/** The service integrations of Step Functions, with the error names that Retry and Catch see on AWS. */
export function createIntegrations({ host, invokeAsync, queues, bus, dynamo, startExecution }: Services): Integrations {
  const calls = new Map<string, Call>();

  calls.set('lambda:invoke', async (argument) => {
    const { FunctionName, Payload, InvocationType } = parse(
      LambdaInvoke,
      argument,
      'Lambda.InvalidParameterValueException',
    );
    const event = JSON.stringify(Payload);
    if (InvocationType === 'Event') {
      invokeAsync(FunctionName, event);
      return { StatusCode: 202 };
    }
    const result: JsonValue = JSON.parse(await host.invoke(FunctionName, event));
    return { ExecutedVersion: '$LATEST', Payload: result, StatusCode: 200 };
  });

  calls.set('sqs:sendMessage', (argument) => {
    const { QueueUrl, MessageBody, MessageAttributes } = parse(SendMessage, argument, 'Sqs.SqsException');
    const body = typeof MessageBody === 'string' ? MessageBody : JSON.stringify(MessageBody);
    const attributes = Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, StringValue]);
    const message = queues.send(QueueUrl, body, Object.fromEntries(attributes));
    return { MessageId: message.messageId, MD5OfMessageBody: createHash('md5').update(body).digest('hex') };
  });

  calls.set('events:putEvents', (argument, { executionArn }) => {
    const { Entries } = parse(PutEvents, argument, 'EventBridge.ValidationException');
    const answer = bus.putEvents(
      Entries.map(({ Detail, Resources, ...entry }) => ({
        ...entry,
        Detail: typeof Detail === 'string' ? Detail : JSON.stringify(Detail),
        // As on AWS, an event says which execution sent it.
        Resources: [...Resources, executionArn],
      })),
    );
    if (answer.FailedEntryCount > 0) throw new TaskError('EventBridge.FailedEntry', JSON.stringify(answer));
    return Json.parse(answer);
  });

  calls.set('states:startExecution', (argument) => {
    const { StateMachineArn, Name, Input } = parse(StartExecution, argument, 'StepFunctions.ValidationException');
    const named = Name === undefined ? {} : { name: Name };
    try {
      const { executionArn, startDate } = startExecution({ stateMachineArn: StateMachineArn, input: Input, ...named });
      return { ExecutionArn: executionArn, StartDate: new Date(startDate).toISOString() };
    } catch (error) {
      const refusal = error instanceof Error && REFUSALS.some((kind) => error instanceof kind) ? error : null;
      throw refusal ? new TaskError(`StepFunctions.${refusal.name}Exception`, refusal.message) : error;
    }
  });

  for (const [name, operation] of Object.entries(DYNAMO)) {
    calls.set(`dynamodb:${name}`, async (argument) =>
      Json.parse(withoutUndefined(await dynamo.run(operation, argument))),
    );
  }

  const find = (resource: string) =>
    resource.startsWith(PREFIX) ? calls.get(resource.slice(PREFIX.length)) : undefined;
  return {
    supports: (resource) => find(resource) !== undefined,
    async invoke(call) {
      const run = find(call.resource);
      if (run === undefined) throw new TaskError('States.Runtime', `${call.resource} is not supported`);
      try {
        return await run(call.arguments, call);
      } catch (error) {
        throw asTaskError(error, call.resource);
      }
    },
  };
}

function parse<T extends z.ZodType>(schema: T, argument: JsonValue, errorName: string): z.infer<T> {
  const parsed = schema.safeParse(argument);
  if (parsed.success) return parsed.data;
  throw new TaskError(errorName, z.prettifyError(parsed.error).slice(0, 1000));
}

const SERVICES: Readonly<Record<string, string>> = {
  lambda: 'Lambda',
  sqs: 'Sqs',
  events: 'EventBridge',
  dynamodb: 'DynamoDB',
};

/** AWS names an error `Service.Exception`; what a handler throws keeps its own name. */
function asTaskError(error: unknown, resource: string): unknown {
  if (error instanceof FunctionFailed) return new TaskError(error.fault.errorType, JSON.stringify(error.fault));
  const service = SERVICES[resource.slice(PREFIX.length).split(':')[0] ?? ''] ?? 'States';
  if (error instanceof QueueDoesNotExist) return new TaskError('Sqs.QueueDoesNotExistException', error.message);
  if (error instanceof AwsError) return new TaskError(`${service}.${error.type}`, error.message);
  return error;
}

/** dynalite leaves fields undefined that JSON would not have. */
function withoutUndefined(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
