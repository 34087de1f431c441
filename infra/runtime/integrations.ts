import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Authorize } from './access/authorize.ts';
import { AwsError } from './aws-error.ts';
import { type Bus, PutEventsEntry } from './bus/bus.ts';
import type { Engine } from './engine/engine.ts';
import { Refusal, TaskError } from './engine/errors.ts';
import type { Integrations, TaskCall } from './engine/integrations.ts';
import { Json, type JsonValue } from './engine/json.ts';
import type { FunctionHost } from './functions/host.ts';
import { FunctionFailed } from './functions/worker-thread.ts';
import type { Queues } from './services/queues.ts';

interface Services {
  readonly authorize: Authorize;
  readonly host: Pick<FunctionHost, 'invoke'>;
  readonly queues: Queues;
  readonly bus: Bus;
  readonly startExecution: Engine['start'];
}

/** A body or a detail: text is passed as is, anything else as JSON. */
const AsText = Json.transform((given) => (typeof given === 'string' ? given : JSON.stringify(given)));
// The argument is JSON already: a large payload is not validated again for every invocation.
const Invoke = z.strictObject({ FunctionName: z.string(), Payload: z.custom<JsonValue>().default({}) });
const SendMessage = z.strictObject({ QueueUrl: z.string(), MessageBody: AsText });
const PutEvents = z.strictObject({ Entries: z.array(z.strictObject({ ...PutEventsEntry.shape, Detail: AsText })) });
const StartExecution = z.strictObject({
  StateMachineArn: z.string(),
  Name: z.string().exactOptional(),
  Input: Json.default({}),
});

/** Prefix of a service's error names, and its error for invalid arguments. */
const ERRORS: Readonly<Record<string, { readonly prefix: string; readonly invalid: string }>> = {
  lambda: { prefix: 'Lambda', invalid: 'InvalidParameterValueException' },
  sqs: { prefix: 'Sqs', invalid: 'SqsException' },
  events: { prefix: 'EventBridge', invalid: 'ValidationException' },
  states: { prefix: 'StepFunctions', invalid: 'ValidationException' },
};

/** The service integrations of Step Functions, with the error names that Retry and Catch see on AWS. */
export function createIntegrations({ authorize, host, queues, bus, startExecution }: Services): Integrations {
  const calls: Readonly<Record<string, (call: TaskCall) => JsonValue | Promise<JsonValue>>> = {
    async 'arn:aws:states:::lambda:invoke'(call) {
      const { FunctionName, Payload } = Invoke.parse(call.arguments);
      const result: JsonValue = JSON.parse(await host.invoke(FunctionName, JSON.stringify(Payload)));
      return { ExecutedVersion: '$LATEST', Payload: result, StatusCode: 200 };
    },
    'arn:aws:states:::sqs:sendMessage'(call) {
      const { QueueUrl, MessageBody } = SendMessage.parse(call.arguments);
      const { messageId } = queues.send(QueueUrl, MessageBody);
      return { MessageId: messageId, MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex') };
    },
    'arn:aws:states:::events:putEvents'(call) {
      const { Entries } = PutEvents.parse(call.arguments);
      // As on AWS, an event says which execution sent it.
      const sent = Entries.map((entry) => ({ ...entry, Resources: [...(entry.Resources ?? []), call.executionArn] }));
      const answer = bus.putEvents(sent);
      if (answer.FailedEntryCount > 0) throw new TaskError('EventBridge.FailedEntry', JSON.stringify(answer));
      return { FailedEntryCount: 0, Entries: answer.Entries.map(({ EventId = '' }) => ({ EventId })) };
    },
    'arn:aws:states:::states:startExecution'(call) {
      const { StateMachineArn, Name, Input } = StartExecution.parse(call.arguments);
      const name = Name === undefined ? {} : { name: Name };
      const { executionArn, startDate } = startExecution({ stateMachineArn: StateMachineArn, input: Input, ...name });
      return { ExecutionArn: executionArn, StartDate: new Date(startDate).toISOString() };
    },
  };
  return {
    supports: (resource) => Object.hasOwn(calls, resource),
    async invoke(call) {
      const [service = '', operation = ''] = call.resource.split(':').slice(-2);
      const machineArn = call.executionArn.replace(/:[^:]*$/, '').replace(':execution:', ':stateMachine:');
      const run = calls[call.resource];
      if (run === undefined) throw new Error(`${machineArn} cannot call ${call.resource}`);
      try {
        authorize(machineArn, service, `${operation.charAt(0).toUpperCase()}${operation.slice(1)}`, call.arguments);
        return await run(call);
      } catch (error) {
        throw asTaskError(error, service);
      }
    },
  };
}

/** AWS names an error `Service.Exception`; an error thrown by a handler keeps its own name. */
function asTaskError(error: unknown, service: string): unknown {
  const { prefix, invalid } = ERRORS[service] ?? { prefix: service, invalid: 'ValidationException' };
  const named = (name: string, cause: string) => new TaskError(`${prefix}.${name}`, cause);
  if (error instanceof FunctionFailed) return new TaskError(error.fault.errorType, JSON.stringify(error.fault));
  if (error instanceof z.ZodError) return named(invalid, z.prettifyError(error).slice(0, 1000));
  if (error instanceof AwsError) {
    const unnamed = service === 'lambda' && error.type === 'AccessDeniedException';
    return named(unnamed ? 'AWSLambdaException' : error.type, error.message);
  }
  if (error instanceof Refusal) return named(`${error.name}Exception`, error.message);
  return error;
}
