import * as z from 'zod';
import { parseJson } from '../../../schemas/parse-json.ts';
import type { Service } from '../access/calls.ts';
import { operation, page } from '../access/operation.ts';
import type { MachineSpec } from '../assembly/specs.ts';
import { AwsError } from '../aws-error.ts';
import type { Engine } from '../engine/engine.ts';
import { Refusal } from '../engine/errors.ts';
import { wireEvent } from '../engine/history.ts';
import { Json, type JsonValue } from '../engine/json.ts';
import type { ExecutionSummary } from '../engine/scope.ts';

const Arn = z.string().min(1).max(256);
const arnOf = (kind: 'stateMachine' | 'execution') => Arn.transform((arn) => checkedArn(arn, kind));
const ByExecution = z.strictObject({ executionArn: arnOf('execution') });
const ByMachine = z.strictObject({ stateMachineArn: arnOf('stateMachine') });
const ByToken = z.strictObject({ taskToken: z.string().min(1).max(2048) });
const Described = { includedData: z.literal('ALL_DATA').optional() };
const Reason = { error: z.string().max(256).exactOptional(), cause: z.string().max(32_768).exactOptional() };
const jsonOr = (refusal: Refusal['name']) => z.string().transform((text) => parsedJson(text, refusal));
const Input = jsonOr('InvalidExecutionInput').prefault('{}');
const traceHeader = z.string().optional();
const Name = z.string().min(1).max(80).exactOptional();
const Filters = {
  statusFilter: z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'PENDING_REDRIVE']).optional(),
  redriveFilter: z.enum(['NOT_REDRIVEN', 'REDRIVEN']).optional(),
};
// 0 means AWS's default.
const PageSize = z.int().min(0).max(1000).default(0);
const Paged = { maxResults: PageSize.transform((asked) => asked || 100), nextToken: z.string().optional() };
const NO_DATA = { input: undefined, output: undefined, parameters: undefined, assignedVariables: undefined };

/** Step Functions on the wire, in front of the engine. `createdAt` (epoch ms) is when the machines were registered. */
export function stepFunctions(engine: Engine, machines: readonly MachineSpec[], createdAt: number): Service {
  const machineOf = (stateMachineArn: string): MachineSpec => {
    const machine = machines.find(({ arn }) => arn === stateMachineArn);
    if (machine === undefined) throw new Refusal('StateMachineDoesNotExist', stateMachineArn);
    return machine;
  };
  const brief = ({ arn, name }: MachineSpec) => ({
    stateMachineArn: arn,
    name,
    type: 'STANDARD',
    creationDate: createdAt / 1000,
  });
  const full = ({ roleArn, definition }: MachineSpec) => ({ roleArn, definition: JSON.stringify(definition) });

  return {
    StartExecution: operation(
      ByMachine.extend({ name: Name, input: Input, traceHeader }),
      ({ traceHeader: _, ...asked }) => {
        const { executionArn, startDate } = engine.start(asked);
        return { executionArn, startDate: startDate / 1000 };
      },
    ),
    DescribeExecution: operation(ByExecution.extend(Described), ({ executionArn }) => {
      const summary = engine.describe(executionArn);
      const { input, output, error, cause } = summary;
      return {
        ...listed(summary),
        redriveCount: 0,
        redriveStatus: 'NOT_REDRIVABLE',
        error,
        cause,
        input: JSON.stringify(input),
        inputDetails: { included: true },
        ...(output === undefined ? {} : { output: JSON.stringify(output), outputDetails: { included: true } }),
      };
    }),
    StopExecution: operation(ByExecution.extend(Reason), ({ executionArn, ...why }) => ({
      stopDate: engine.stop(executionArn, why).stopDate / 1000,
    })),
    ListExecutions: operation(
      ByMachine.extend({ ...Filters, ...Paged }),
      ({ statusFilter, redriveFilter, ...asked }) => {
        const { arn } = machineOf(asked.stateMachineArn);
        const all = engine.list({ stateMachineArn: arn }).reverse();
        // Redrive is not supported.
        const fits = ({ status }: ExecutionSummary) =>
          redriveFilter !== 'REDRIVEN' && status === (statusFilter ?? status);
        const list = `${arn} ${statusFilter} ${redriveFilter}`;
        const { items, nextToken } = page(all, list, ({ executionArn }) => executionArn, asked, { fits });
        return { executions: items.map(listed), nextToken };
      },
    ),
    GetExecutionHistory: operation(
      ByExecution.extend({
        reverseOrder: z.boolean().default(false),
        includeExecutionData: z.boolean().default(true),
        ...Paged,
      }),
      ({ executionArn, reverseOrder, includeExecutionData, ...asked }) => {
        const events = engine.history(executionArn) ?? [];
        const ordered = reverseOrder ? events.toReversed() : events;
        const { items, nextToken } = page(ordered, `${executionArn} ${reverseOrder}`, ({ id }) => `${id}`, asked);
        const { stateMachineArn } = engine.describe(executionArn);
        const roleArn = machines.find(({ arn }) => arn === stateMachineArn)?.roleArn;
        const shown = items.map((event) => ({
          ...event,
          ...(event.type === 'ExecutionStarted' && { roleArn }),
          ...(includeExecutionData ? {} : NO_DATA),
        }));
        return { events: shown.map(wireEvent), nextToken };
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
    ListStateMachines: operation(z.strictObject(Paged), (asked) => {
      const { items, nextToken } = page(machines, 'machines', ({ arn }) => arn, asked);
      return { stateMachines: items.map(brief), nextToken };
    }),
    SendTaskSuccess: operation(ByToken.extend({ output: jsonOr('InvalidOutput') }), ({ taskToken, output }) =>
      engine.sendTaskSuccess(taskToken, output),
    ),
    SendTaskFailure: operation(ByToken.extend(Reason), ({ taskToken, ...why }) =>
      engine.sendTaskFailure(taskToken, why),
    ),
    SendTaskHeartbeat: operation(ByToken, ({ taskToken }) => engine.sendTaskHeartbeat(taskToken)),
  };
}

function listed({ executionArn, stateMachineArn, name, status, startDate, stopDate }: ExecutionSummary) {
  const stopped = stopDate === undefined ? undefined : stopDate / 1000;
  return { executionArn, stateMachineArn, name, status, startDate: startDate / 1000, stopDate: stopped };
}

/** @throws Refusal of the given name if the text is not JSON */
function parsedJson(text: string, refusal: Refusal['name']): JsonValue {
  try {
    return Json.parse(parseJson(text));
  } catch (cause) {
    throw new Refusal(refusal, 'not JSON', { cause });
  }
}

/** @throws AwsError InvalidArn if it is not an ARN, or is one of another kind */
function checkedArn(arn: string, kind: 'stateMachine' | 'execution'): string {
  const [prefix, , service, , , type, ...names] = arn.split(':');
  const refuse = (why: string) => new AwsError('InvalidArn', `Invalid Arn: '${why}'`);
  if (prefix !== 'arn' || service !== 'states') throw refuse(`Invalid ARN prefix: ${arn}`);
  if (type !== kind) throw refuse(`Resource type not valid in this context: ${type}`);
  if (names.length !== (kind === 'execution' ? 2 : 1)) throw refuse(`Invalid ARN: ${arn}`);
  return arn;
}
