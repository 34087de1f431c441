import * as z from 'zod';
import type { MachineSpec } from '../assembly/specs.ts';
import type { Engine } from '../engine/engine.ts';
import * as errors from '../engine/errors.ts';
import type { ExecutionSummary } from '../engine/execution.ts';
import { wireEvent } from '../engine/history.ts';
import { Json, type JsonValue } from '../engine/json.ts';
import { AwsError } from './aws-error.ts';
import type { Service } from './calls.ts';
import { page, parseInput } from './input.ts';

const Status = z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']);
const Page = { maxResults: z.number().int().min(0).max(1000).default(100), nextToken: z.string().optional() };
const StartExecution = z.strictObject({
  stateMachineArn: z.string(),
  name: z.string().min(1).max(80).optional(),
  input: z.string().default('{}'),
  traceHeader: z.string().optional(),
});
const ByExecution = z.strictObject({ executionArn: z.string() });
const ByMachine = z.strictObject({ stateMachineArn: z.string() });
const Reason = { error: z.string().max(256).optional(), cause: z.string().max(32_768).optional() };
const Described = { includedData: z.literal('ALL_DATA').optional() };
const DescribeExecution = ByExecution.extend(Described);
const DescribeMachine = ByMachine.extend(Described);
const StopExecution = ByExecution.extend(Reason);
const ListExecutions = ByMachine.extend({ statusFilter: Status.optional(), ...Page });
const GetHistory = ByExecution.extend({
  reverseOrder: z.boolean().default(false),
  includeExecutionData: z.boolean().default(true),
  ...Page,
});
const ListMachines = z.strictObject(Page);
const TaskToken = z.strictObject({ taskToken: z.string().min(1).max(2048) });
const TaskSuccess = TaskToken.extend({ output: z.string() });
const TaskFailure = TaskToken.extend(Reason);

/** Errors of the engine that are AWS's by name, with AWS's words. */
const WORDS: readonly [kind: new (message: string) => Error, words: (message: string, asked: Asked) => string][] = [
  [errors.StateMachineDoesNotExist, (_, { stateMachineArn }) => `State Machine Does Not Exist: '${stateMachineArn}'`],
  [errors.ExecutionDoesNotExist, (_, { executionArn }) => `Execution Does Not Exist: '${executionArn}'`],
  [
    errors.ExecutionAlreadyExists,
    (_, { stateMachineArn, name }) =>
      `Execution Already Exists: '${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}'`,
  ],
  [errors.InvalidName, (_, { name }) => `Invalid Name: '${name}'`],
  [errors.InvalidExecutionInput, (message) => `Invalid State Machine Execution Input: '${message}'`],
  [errors.InvalidOutput, (message) => `Invalid Output: '${message}'`],
  [errors.InvalidToken, () => "Invalid Token: 'Invalid token'"],
  [errors.TaskTimedOut, () => "Task Timed Out: 'Provided task does not exist anymore'"],
];
const Text = z.string().catch('');
const Asked = z.object({ stateMachineArn: Text, executionArn: Text, name: Text });
type Asked = z.infer<typeof Asked>;

/** Step Functions on the wire, in front of the engine. `createdAt` (epoch ms) is when the machines were registered. */
export function stepFunctions(engine: Engine, machines: readonly MachineSpec[], createdAt: number): Service {
  const paging = ({ maxResults, nextToken }: { maxResults: number; nextToken?: string | undefined }) => ({
    max: maxResults === 0 ? 100 : maxResults,
    token: nextToken,
  });
  const described = ({ arn, name }: MachineSpec) => ({
    ...{ stateMachineArn: arn, name, type: 'STANDARD', creationDate: createdAt / 1000 },
  });
  const machineOf = (stateMachineArn: string): MachineSpec => {
    const machine = machines.find(({ arn }) => arn === checkedArn(stateMachineArn, 'stateMachine'));
    if (machine === undefined) throw new errors.StateMachineDoesNotExist(stateMachineArn);
    return machine;
  };
  const summaryOf = (executionArn: string) => engine.describe(checkedArn(executionArn, 'execution'));

  const operations: Service = {
    StartExecution(input) {
      const { stateMachineArn, name, input: text } = parseInput(StartExecution, input);
      const started = engine.start({
        stateMachineArn: checkedArn(stateMachineArn, 'stateMachine'),
        input: parseJson(text, errors.InvalidExecutionInput),
        ...(name === undefined ? {} : { name }),
      });
      return { executionArn: started.executionArn, startDate: started.startDate / 1000 };
    },
    DescribeExecution(input) {
      const summary = summaryOf(parseInput(DescribeExecution, input).executionArn);
      return {
        ...listed(summary),
        ...{ redriveCount: 0, redriveStatus: 'NOT_REDRIVABLE' },
        ...{ input: JSON.stringify(summary.input), inputDetails: { included: true } },
        ...(summary.output === undefined
          ? {}
          : { output: JSON.stringify(summary.output), outputDetails: { included: true } }),
        ...{ error: summary.error, cause: summary.cause },
      };
    },
    StopExecution(input) {
      const { executionArn, ...why } = parseInput(StopExecution, input);
      return { stopDate: engine.stop(checkedArn(executionArn, 'execution'), why).stopDate / 1000 };
    },
    ListExecutions(input) {
      const { stateMachineArn, statusFilter, ...asked } = parseInput(ListExecutions, input);
      const { arn } = machineOf(stateMachineArn);
      const status = statusFilter === undefined ? {} : { status: statusFilter };
      const found = engine.list({ stateMachineArn: arn, ...status }).reverse();
      const list = `executions ${arn} ${statusFilter}`;
      const { items, ...more } = page(found, list, ({ executionArn }) => executionArn, paging(asked));
      return { executions: items.map(listed), ...more };
    },
    GetExecutionHistory(input) {
      const { executionArn, reverseOrder, includeExecutionData, ...asked } = parseInput(GetHistory, input);
      const events = engine.history(checkedArn(executionArn, 'execution')) ?? [];
      const list = `history ${executionArn} ${reverseOrder}`;
      const ordered = reverseOrder ? events.toReversed() : events;
      const { items, ...more } = page(ordered, list, ({ id }) => `${id}`, paging(asked));
      const withoutData = { input: undefined, output: undefined, parameters: undefined, assignedVariables: undefined };
      return {
        events: items.map((event) => wireEvent(includeExecutionData ? event : { ...event, ...withoutData })),
        ...more,
      };
    },
    DescribeStateMachine(input) {
      const machine = machineOf(parseInput(DescribeMachine, input).stateMachineArn);
      const definition = JSON.stringify(machine.definition);
      return { ...described(machine), status: 'ACTIVE', definition, roleArn: machine.roleArn };
    },
    DescribeStateMachineForExecution(input) {
      const { stateMachineArn } = summaryOf(parseInput(DescribeExecution, input).executionArn);
      const { arn, name, definition, roleArn } = machineOf(stateMachineArn);
      const machine = { stateMachineArn: arn, name, roleArn, definition: JSON.stringify(definition) };
      return { ...machine, updateDate: createdAt / 1000 };
    },
    ListStateMachines(input) {
      const asked = paging(parseInput(ListMachines, input));
      const { items, ...more } = page(machines, 'machines', ({ arn }) => arn, asked);
      return { stateMachines: items.map(described), ...more };
    },
    SendTaskSuccess(input) {
      const { taskToken, output } = parseInput(TaskSuccess, input);
      engine.sendTaskSuccess(taskToken, parseJson(output, errors.InvalidOutput));
    },
    SendTaskFailure(input) {
      const { taskToken, error, cause } = parseInput(TaskFailure, input);
      engine.sendTaskFailure(taskToken, {
        ...(error === undefined ? {} : { error }),
        ...(cause === undefined ? {} : { cause }),
      });
    },
    SendTaskHeartbeat: (input) => engine.sendTaskHeartbeat(parseInput(TaskToken, input).taskToken),
  };
  return Object.fromEntries(Object.entries(operations).map(([name, run]) => [name, translated(run)]));
}

function listed({ executionArn, stateMachineArn, name, status, startDate, stopDate }: ExecutionSummary) {
  const dates = { startDate: startDate / 1000, ...(stopDate === undefined ? {} : { stopDate: stopDate / 1000 }) };
  return { executionArn, stateMachineArn, name, status, ...dates };
}

function translated(run: (input: unknown) => unknown): (input: unknown) => unknown {
  return (input) => {
    try {
      return run(input);
    } catch (error) {
      const known = WORDS.find(([kind]) => error instanceof kind);
      if (known === undefined || !(error instanceof Error)) throw error;
      throw new AwsError(error.name, known[1](error.message, Asked.parse(input)), 400, { cause: error });
    }
  };
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
