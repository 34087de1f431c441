import * as z from 'zod';
import type { MachineSpec } from '../assembly/specs.ts';
import type { Engine } from '../engine/engine.ts';
import * as errors from '../engine/errors.ts';
import type { ExecutionSummary } from '../engine/execution.ts';
import { wireEvent } from '../engine/history.ts';
import { Json, type JsonValue } from '../engine/json.ts';
import { AwsError } from './aws-error.ts';
import { page, parseInput } from './input.ts';
import type { Service } from './server.ts';

const Status = z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']);
const Page = { maxResults: z.number().int().min(0).max(1000).default(100), nextToken: z.string().optional() };
const StartExecution = z.object({
  stateMachineArn: z.string(),
  name: z.string().optional(),
  input: z.string().default('{}'),
});
const ByExecution = z.object({ executionArn: z.string() });
const ByMachine = z.object({ stateMachineArn: z.string() });
const StopExecution = ByExecution.extend({ error: z.string().optional(), cause: z.string().optional() });
const ListExecutions = ByMachine.extend({ statusFilter: Status.optional(), ...Page });
const GetHistory = ByExecution.extend({
  reverseOrder: z.boolean().default(false),
  includeExecutionData: z.boolean().default(true),
  ...Page,
});
const ListMachines = z.object(Page);
const TaskSuccess = z.object({ taskToken: z.string(), output: z.string() });
const TaskFailure = z.object({ taskToken: z.string(), error: z.string().optional(), cause: z.string().optional() });
const TaskHeartbeat = z.object({ taskToken: z.string() });

/** Errors of the engine that are AWS's by name. */
const NAMED = [
  ...[errors.StateMachineDoesNotExist, errors.ExecutionDoesNotExist, errors.ExecutionAlreadyExists, errors.InvalidName],
  ...[errors.InvalidExecutionInput, errors.InvalidOutput, errors.InvalidToken, errors.TaskTimedOut],
];

/** Step Functions on the wire, in front of the engine. `createdAt` (epoch ms) is when the machines were registered. */
export function stepFunctions(engine: Engine, machines: readonly MachineSpec[], createdAt: number): Service {
  const pageOf = <T>(
    items: readonly T[],
    { maxResults, nextToken }: { maxResults: number; nextToken?: string | undefined },
  ) => page(items, maxResults === 0 ? 100 : maxResults, nextToken);
  const described = ({ arn, name }: MachineSpec) => ({
    ...{ stateMachineArn: arn, name, type: 'STANDARD', creationDate: createdAt / 1000 },
  });

  const operations: Service = {
    StartExecution(input) {
      const { stateMachineArn, name, input: text } = parseInput(StartExecution, input);
      const started = engine.start({
        ...{ stateMachineArn, input: parseJson(text, 'InvalidExecutionInput') },
        ...(name === undefined ? {} : { name }),
      });
      return { executionArn: started.executionArn, startDate: started.startDate / 1000 };
    },
    DescribeExecution(input) {
      const summary = engine.describe(parseInput(ByExecution, input).executionArn);
      return {
        ...listed(summary),
        ...{ input: JSON.stringify(summary.input), inputDetails: { included: true } },
        ...(summary.output === undefined
          ? {}
          : { output: JSON.stringify(summary.output), outputDetails: { included: true } }),
        ...{ error: summary.error, cause: summary.cause },
      };
    },
    StopExecution(input) {
      const { executionArn, ...why } = parseInput(StopExecution, input);
      return { stopDate: engine.stop(executionArn, why).stopDate / 1000 };
    },
    ListExecutions(input) {
      const { stateMachineArn, statusFilter, ...paging } = parseInput(ListExecutions, input);
      const found = engine.list({ stateMachineArn, ...(statusFilter === undefined ? {} : { status: statusFilter }) });
      const { items, ...more } = pageOf(found.reverse(), paging);
      return { executions: items.map(listed), ...more };
    },
    GetExecutionHistory(input) {
      const { executionArn, reverseOrder, includeExecutionData, ...paging } = parseInput(GetHistory, input);
      const events = engine.history(executionArn) ?? [];
      const { items, ...more } = pageOf(reverseOrder ? events.toReversed() : events, paging);
      const withoutData = { input: undefined, output: undefined, parameters: undefined, assignedVariables: undefined };
      return {
        events: items.map((event) => wireEvent(includeExecutionData ? event : { ...event, ...withoutData })),
        ...more,
      };
    },
    DescribeStateMachine(input) {
      const { stateMachineArn } = parseInput(ByMachine, input);
      const machine = machines.find(({ arn }) => arn === stateMachineArn);
      if (machine === undefined) throw new AwsError('StateMachineDoesNotExist', `no state machine ${stateMachineArn}`);
      return { ...described(machine), status: 'ACTIVE', definition: JSON.stringify(machine.definition), roleArn: '' };
    },
    ListStateMachines(input) {
      const { items, ...more } = pageOf(machines, parseInput(ListMachines, input));
      return { stateMachines: items.map(described), ...more };
    },
    SendTaskSuccess(input) {
      const { taskToken, output } = parseInput(TaskSuccess, input);
      engine.sendTaskSuccess(taskToken, parseJson(output, 'InvalidOutput'));
    },
    SendTaskFailure(input) {
      const { taskToken, error, cause } = parseInput(TaskFailure, input);
      engine.sendTaskFailure(taskToken, {
        ...(error === undefined ? {} : { error }),
        ...(cause === undefined ? {} : { cause }),
      });
    },
    SendTaskHeartbeat: (input) => engine.sendTaskHeartbeat(parseInput(TaskHeartbeat, input).taskToken),
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
      if (error instanceof Error && NAMED.some((known) => error instanceof known)) {
        throw new AwsError(error.name, error.message, 400, { cause: error });
      }
      throw error;
    }
  };
}

function parseJson(text: string, type: string): JsonValue {
  try {
    return Json.parse(JSON.parse(text));
  } catch (cause) {
    throw new AwsError(type, 'not JSON', 400, { cause });
  }
}
