import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Authorize } from '../access/authorize.ts';
import type { Bus } from '../bus/bus.ts';
import { Refusal, TaskError } from '../engine/errors.ts';
import type { Integrations, TaskCall } from '../engine/integrations.ts';
import { Json, type JsonValue } from '../engine/json.ts';
import type { InvokeAsync } from '../functions/async-invocation.ts';
import type { FunctionHost } from '../functions/host.ts';
import { FunctionFailed } from '../functions/worker-thread.ts';
import { AwsError } from '../wire/aws-error.ts';
import type { Dynamo, DynamoOperation } from './dynamo.ts';
import { QueueDoesNotExist, type Queues } from './queues.ts';

interface Services {
  readonly authorize: Authorize;
  readonly host: FunctionHost;
  readonly invokeAsync: InvokeAsync;
  readonly queues: Queues;
  readonly bus: Bus;
  readonly dynamo: Dynamo;
  /** @throws an error of the engine, with AWS's name */
  readonly startExecution: (started: { stateMachineArn: string; name?: string; input: JsonValue }) => {
    readonly executionArn: string;
    readonly startDate: number;
  };
}

type Call = (argument: JsonValue, call: TaskCall) => Promise<JsonValue>;
/** What may hold undefined fields, which JSON has not. */
const plain = (value: unknown): JsonValue => JSON.parse(JSON.stringify(value));

/** A body or a detail: text as it is, anything else as JSON. */
const AsText = Json.transform((given) => (typeof given === 'string' ? given : JSON.stringify(given)));
const LambdaInvoke = z.strictObject({
  FunctionName: z.string(),
  // The argument of a call is JSON already: a long state is not walked again for every invocation.
  Payload: z.custom<JsonValue>().default({}),
  InvocationType: z.enum(['RequestResponse', 'Event']).default('RequestResponse'),
});
const SendMessage = z.strictObject({ QueueUrl: z.string(), MessageBody: AsText });
const Entry = z.strictObject({
  EventBusName: z.string().optional(),
  Source: z.string(),
  DetailType: z.string(),
  Detail: AsText,
  Resources: z.array(z.string()).default([]),
  Time: z.string().optional(),
});
const StartExecution = z
  .strictObject({ StateMachineArn: z.string(), Name: z.string().exactOptional(), Input: Json.default({}) })
  .transform(({ StateMachineArn, Name, Input }) => ({
    ...{ stateMachineArn: StateMachineArn, input: Input, ...(Name === undefined ? {} : { name: Name }) },
  }));
const PREFIX = 'arn:aws:states:::';
/** What the names of a service's errors begin with. */
const SERVICES: Readonly<Record<string, string>> = {
  ...{ lambda: 'Lambda', sqs: 'Sqs', events: 'EventBridge', dynamodb: 'DynamoDB', states: 'StepFunctions' },
};

/** The service integrations of Step Functions, with the error names that Retry and Catch see on AWS. */
export function createIntegrations(services: Services): Integrations {
  const { authorize, host, invokeAsync, queues, bus, dynamo, startExecution } = services;
  const dynamodb =
    (operation: DynamoOperation): Call =>
    async (argument) =>
      plain(await dynamo.run(operation, argument));
  const calls: Readonly<Record<string, Call>> = {
    'lambda:invoke': taking(LambdaInvoke, 'InvalidParameterValueException', async (asked) => {
      const event = JSON.stringify(asked.Payload);
      if (asked.InvocationType === 'Event') {
        invokeAsync(asked.FunctionName, event);
        return { StatusCode: 202 };
      }
      const Payload: JsonValue = JSON.parse(await host.invoke(asked.FunctionName, event));
      return { ExecutedVersion: '$LATEST', Payload, StatusCode: 200 };
    }),
    'sqs:sendMessage': taking(SendMessage, 'SqsException', ({ QueueUrl, MessageBody }) => ({
      MessageId: queues.send(QueueUrl, MessageBody).messageId,
      MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
    })),
    'events:putEvents': taking(
      z.strictObject({ Entries: z.array(Entry) }),
      'ValidationException',
      ({ Entries }, { executionArn }) => {
        // As on AWS, an event says which execution sent it.
        const answer = bus.putEvents(
          Entries.map((entry) => ({ ...entry, Resources: [...entry.Resources, executionArn] })),
        );
        if (answer.FailedEntryCount > 0) throw new TaskError('EventBridge.FailedEntry', JSON.stringify(answer));
        return plain(answer);
      },
    ),
    'states:startExecution': taking(StartExecution, 'ValidationException', (asked) => {
      const { executionArn, startDate } = startExecution(asked);
      return { ExecutionArn: executionArn, StartDate: new Date(startDate).toISOString() };
    }),
    'dynamodb:getItem': dynamodb('GetItem'),
    'dynamodb:putItem': dynamodb('PutItem'),
    'dynamodb:updateItem': dynamodb('UpdateItem'),
    'dynamodb:deleteItem': dynamodb('DeleteItem'),
  };
  const find = (resource: string): Call | undefined => {
    const name = resource.startsWith(PREFIX) ? resource.slice(PREFIX.length) : '';
    return Object.hasOwn(calls, name) ? calls[name] : undefined;
  };
  return {
    supports: (resource) => find(resource) !== undefined,
    async invoke(call) {
      const run = find(call.resource);
      if (run === undefined) throw new TaskError('States.Runtime', `${call.resource} is not supported`);
      const [service = '', operation = ''] = call.resource.slice(PREFIX.length).split(':');
      try {
        const machine = call.executionArn.replace(/:[^:]*$/, '').replace(':execution:', ':stateMachine:');
        authorize(machine, service, `${operation.charAt(0).toUpperCase()}${operation.slice(1)}`, call.arguments);
        return await run(call.arguments, call);
      } catch (error) {
        throw asTaskError(error, service);
      }
    },
  };
}

/** A call that takes arguments of a kind; others fail with the given error of its service. */
function taking<T extends z.ZodType>(
  schema: T,
  refusal: string,
  answer: (asked: z.infer<T>, call: TaskCall) => JsonValue | Promise<JsonValue>,
): Call {
  return async (argument, call) => {
    const parsed = schema.safeParse(argument);
    if (!parsed.success) throw new AwsError(refusal, z.prettifyError(parsed.error).slice(0, 1000));
    return answer(parsed.data, call);
  };
}

/** AWS names an error `Service.Exception`; what a handler throws keeps its own name. */
function asTaskError(error: unknown, service: string): unknown {
  const named = (name: string, cause: string) => new TaskError(`${SERVICES[service]}.${name}`, cause);
  if (error instanceof FunctionFailed) return new TaskError(error.fault.errorType, JSON.stringify(error.fault));
  if (error instanceof QueueDoesNotExist) return named('QueueDoesNotExistException', error.message);
  if (error instanceof AwsError) {
    const unnamed = service === 'lambda' && error.type === 'AccessDeniedException';
    return named(unnamed ? 'AWSLambdaException' : error.type, error.message);
  }
  if (error instanceof Refusal) return named(`${error.name}Exception`, error.message);
  return error;
}
