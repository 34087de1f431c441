import * as z from 'zod';
import type { MachineSpec } from '../assembly/specs.ts';
import type { Engine } from '../engine/engine.ts';
import * as errors from '../engine/errors.ts';
import { wireEvent } from '../engine/history.ts';
import { Json, type JsonValue } from '../engine/json.ts';
import type { ExecutionSummary } from '../engine/scope.ts';
import { AwsError } from './aws-error.ts';
import type { Service } from './calls.ts';
import { operation, page } from './operation.ts';

const arnOf = (kind: 'stateMachine' | 'execution') =>
  z
    .string()
    .min(1)
    .max(256)
    .transform((arn) => checkedArn(arn, kind));
const ByExecution = z.strictObject({ executionArn: arnOf('execution') });
const ByMachine = z.strictObject({ stateMachineArn: arnOf('stateMachine') });
const ByToken = z.strictObject({ taskToken: z.string().min(1).max(2048) });
const Described = { includedData: z.literal('ALL_DATA').optional() };
const Reason = { error: z.string().max(256).exactOptional(), cause: z.string().max(32_768).exactOptional() };
const Paged = {
  /** 0 asks for AWS's own number. */
  maxResults: z
    .int()
    .min(0)
    .max(1000)
    .default(0)
    .transform((asked) => asked || 100),
  nextToken: z.string().optional(),
};

/** AWS's words for errors of the engine that have AWS's names, by what was asked. */
const WORDS: Readonly<Record<string, (asked: Asked, message: string) => string>> = {
  StateMachineDoesNotExist: ({ stateMachineArn }) => `State Machine Does Not Exist: '${stateMachineArn}'`,
  ExecutionDoesNotExist: ({ executionArn }) => `Execution Does Not Exist: '${executionArn}'`,
  ExecutionAlreadyExists: ({ stateMachineArn, name }) =>
    `Execution Already Exists: '${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}'`,
  InvalidName: ({ name }) => `Invalid Name: '${name}'`,
  InvalidExecutionInput: (_, message) => `Invalid State Machine Execution Input: '${message}'`,
  InvalidOutput: (_, message) => `Invalid Output: '${message}'`,
  InvalidToken: () => "Invalid Token: 'Invalid token'",
  TaskTimedOut: () => "Task Timed Out: 'Provided task does not exist anymore'",
};
const Text = z.string().catch('');
const Asked = z.object({ stateMachineArn: Text, executionArn: Text, name: Text });
type Asked = z.infer<typeof Asked>;

/** Step Functions on the wire, in front of the engine. `createdAt` (epoch ms) is when the machines were registered. */
export function stepFunctions(engine: Engine, machines: readonly MachineSpec[], createdAt: number): Service {
  const machineOf = (stateMachineArn: string): MachineSpec => {
    const machine = machines.find(({ arn }) => arn === stateMachineArn);
    if (machine === undefined) throw new errors.StateMachineDoesNotExist(stateMachineArn);
    return machine;
  };
  const brief = ({ arn, name }: MachineSpec) => ({
    ...{ stateMachineArn: arn, name, type: 'STANDARD', creationDate: createdAt / 1000 },
  });
  const full = ({ roleArn, definition }: MachineSpec) => ({ roleArn, definition: JSON.stringify(definition) });

  const roleArnOf = (executionArn: string) =>
    machines.find(({ arn }) => arn === engine.describe(executionArn).stateMachineArn)?.roleArn;

  return inWords({
    StartExecution: operation(
      ByMachine.extend({
        name: z.string().min(1).max(80).exactOptional(),
        input: z.string().default('{}'),
        traceHeader: z.string().optional(),
      }),
      ({ traceHeader: _, input, ...asked }) => {
        const started = engine.start({ ...asked, input: parseJson(input, errors.InvalidExecutionInput) });
        return { executionArn: started.executionArn, startDate: started.startDate / 1000 };
      },
    ),
    DescribeExecution: operation(ByExecution.extend(Described), ({ executionArn }) => {
      const summary = engine.describe(executionArn);
      const { input, output, error, cause } = summary;
      return {
        ...{ ...listed(summary), redriveCount: 0, redriveStatus: 'NOT_REDRIVABLE', error, cause },
        ...{ input: JSON.stringify(input), inputDetails: { included: true } },
        ...(output === undefined ? {} : { output: JSON.stringify(output), outputDetails: { included: true } }),
      };
    }),
    StopExecution: operation(ByExecution.extend(Reason), ({ executionArn, ...why }) => ({
      stopDate: engine.stop(executionArn, why).stopDate / 1000,
    })),
    ListExecutions: operation(
      ByMachine.extend({
        statusFilter: z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'PENDING_REDRIVE']).optional(),
        redriveFilter: z.enum(['NOT_REDRIVEN', 'REDRIVEN']).optional(),
        ...Paged,
      }),
      ({ stateMachineArn, statusFilter, redriveFilter, maxResults: max, nextToken: token }) => {
        const { arn } = machineOf(stateMachineArn);
        const all = engine.list({ stateMachineArn: arn }).reverse();
        // Nothing is redriven here.
        const found = all.filter(({ status }) => redriveFilter !== 'REDRIVEN' && status === (statusFilter ?? status));
        const list = `executions ${arn} ${statusFilter} ${redriveFilter}`;
        const { items, nextToken } = page(found, list, ({ executionArn }) => executionArn, { max, token });
        return { executions: items.map(listed), nextToken };
      },
    ),
    GetExecutionHistory: operation(
      ByExecution.extend({
        reverseOrder: z.boolean().default(false),
        includeExecutionData: z.boolean().default(true),
        ...Paged,
      }),
      ({ executionArn, reverseOrder, includeExecutionData, maxResults: max, nextToken: token }) => {
        const events = engine.history(executionArn) ?? [];
        const list = `history ${executionArn} ${reverseOrder}`;
        const ordered = reverseOrder ? events.toReversed() : events;
        const { items, nextToken } = page(ordered, list, ({ id }) => `${id}`, { max, token });
        const bare = { input: undefined, output: undefined, parameters: undefined, assignedVariables: undefined };
        return {
          events: items.map((event) => {
            const started = event.type === 'ExecutionStarted' ? { roleArn: roleArnOf(executionArn) } : {};
            return wireEvent({ ...event, ...started, ...(includeExecutionData ? {} : bare) });
          }),
          nextToken,
        };
      },
    ),
    DescribeStateMachine: operation(ByMachine.extend(Described), ({ stateMachineArn }) => {
      const machine = machineOf(stateMachineArn);
      return { ...brief(machine), ...full(machine), status: 'ACTIVE' };
    }),
    DescribeStateMachineForExecution: operation(ByExecution.extend(Described), ({ executionArn }) => {
      const machine = machineOf(engine.describe(executionArn).stateMachineArn);
      return { stateMachineArn: machine.arn, name: machine.name, ...full(machine), updateDate: createdAt / 1000 };
    }),
    ListStateMachines: operation(z.strictObject(Paged), ({ maxResults: max, nextToken: token }) => {
      const { items, nextToken } = page(machines, 'machines', ({ arn }) => arn, { max, token });
      return { stateMachines: items.map(brief), nextToken };
    }),
    SendTaskSuccess: operation(ByToken.extend({ output: z.string() }), ({ taskToken, output }) =>
      engine.sendTaskSuccess(taskToken, parseJson(output, errors.InvalidOutput)),
    ),
    SendTaskFailure: operation(ByToken.extend(Reason), ({ taskToken, ...why }) =>
      engine.sendTaskFailure(taskToken, why),
    ),
    SendTaskHeartbeat: operation(ByToken, ({ taskToken }) => engine.sendTaskHeartbeat(taskToken)),
  });
}

function listed({ executionArn, stateMachineArn, name, status, startDate, stopDate }: ExecutionSummary) {
  const dates = { startDate: startDate / 1000, ...(stopDate === undefined ? {} : { stopDate: stopDate / 1000 }) };
  return { executionArn, stateMachineArn, name, status, ...dates };
}

function inWords(service: Service): Service {
  const translated = Object.entries(service).map(([name, run]): [string, Service[string]] => [
    name,
    (input) => {
      try {
        return run(input);
      } catch (error) {
        if (!(error instanceof Error) || !Object.hasOwn(WORDS, error.name)) throw error;
        const words = WORDS[error.name]?.(Asked.parse(input), error.message) ?? error.message;
        throw new AwsError(error.name, words, 400, { cause: error });
      }
    },
  ]);
  return Object.fromEntries(translated);
}

function parseJson(text: string, Refusal: new (message: string, options: ErrorOptions) => Error): JsonValue {
  try {
    return Json.parse(JSON.parse(text));
  } catch (cause) {
    throw new Refusal('not JSON', { cause });
  }
}

/** @throws AwsError InvalidArn where it is none, or of something else */
function checkedArn(arn: string, kind: 'stateMachine' | 'execution'): string {
  const [prefix, , service, , , type, ...names] = arn.split(':');
  const refuse = (why: string) => new AwsError('InvalidArn', `Invalid Arn: '${why}'`);
  if (prefix !== 'arn' || service !== 'states') throw refuse(`Invalid ARN prefix: ${arn}`);
  if (type !== kind) throw refuse(`Resource type not valid in this context: ${type}`);
  if (names.length !== (kind === 'execution' ? 2 : 1)) throw refuse(`Invalid ARN: ${arn}`);
  return arn;
}
