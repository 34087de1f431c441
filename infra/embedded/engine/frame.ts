import type { Branch, MapItem } from './branch.ts';
import { type Block, hasQuery } from './definition.ts';
import { StateFailure } from './errors.ts';
import { exceedsDataLimit, type JsonObject, type JsonValue } from './json.ts';
import { QueryFailed } from './jsonata.ts';
import type { Position, Variables, Visit } from './position.ts';

type RunBlock = (block: Block, position: Position, branch: Branch) => Promise<JsonValue>;

/** One visit to a state. */
export interface Frame {
  readonly branch: Branch;
  readonly name: string;
  readonly input: JsonValue;
  readonly variables: Variables;
  /** Event ids: of the entry, and of what came before it. */
  readonly enteredId: number;
  readonly enteredAfter: number;
  readonly enteredAt: number;
  retryCount: number;
  readonly runBlock: RunBlock;
  /** What is known of the visit from before a restart. */
  resumed: Visit | undefined;
}

/** What a state came to, before Assign and Output. */
export interface Outcome {
  /** What leaves the state where no Output says otherwise. */
  output: JsonValue;
  /** What expressions may read besides input and context. */
  reads?: { result: JsonValue } | { errorOutput: JsonValue } | undefined;
  /** Where Assign and Output stand: the state, a matched Choice rule or a catcher. */
  source: { Assign?: Record<string, JsonValue> | undefined; Output?: JsonValue | undefined };
  next: string | undefined;
}

interface Reads {
  result?: JsonValue;
  errorOutput?: JsonValue;
  taskToken?: string | undefined;
  /** Of an ItemSelector: the iteration it is evaluated for. */
  iteration?: Branch | undefined;
}

/**
 * Evaluates a field of the state.
 *
 * @throws StateFailure States.QueryEvaluationError (recorded as EvaluationFailed) or States.DataLimitExceeded
 */
export async function evaluate(
  frame: Frame,
  template: JsonValue,
  field: string,
  reads: Reads = {},
): Promise<JsonValue> {
  const { taskToken, iteration = frame.branch, ...rest } = reads;
  if (!hasQuery(template)) return withinLimit(template, frame.name);
  const states = {
    ...{ input: frame.input, ...rest },
    // Few expressions read it.
    get context() {
      return contextOf(frame, taskToken, iteration.mapItem);
    },
  };
  try {
    const variables = { ...frame.variables, states };
    return withinLimit(
      await frame.branch.execution.services.evaluator.evaluate(template, field, variables),
      frame.name,
    );
  } catch (error) {
    if (error instanceof QueryFailed) throw evaluationFailed(frame, error.reason, error.location, iteration);
    throw error;
  }
}

/** A whole number that a field gives as such or by an expression. */
export async function evaluateInteger(frame: Frame, template: number | string, field: string): Promise<number> {
  const value = await evaluate(frame, template, field);
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  throw unexpectedType(frame, template, field, 'integer', value);
}

/** @throws StateFailure States.DataLimitExceeded; `name` is the state's, or what AWS calls the task */
export function withinLimit(value: JsonValue, name: string): JsonValue {
  if (!exceedsDataLimit(value)) return value;
  throw new StateFailure(
    'States.DataLimitExceeded',
    `The state/task '${name}' returned a result with a size exceeding the maximum number of bytes service limit.`,
  );
}

export function unexpectedType(frame: Frame, template: JsonValue, field: string, expected: string, value: JsonValue) {
  const expression = typeof template === 'string' ? template.slice(2, -2).trim() : JSON.stringify(template);
  const given = `'${typeName(value)}' for value: ${JSON.stringify(value)}`;
  const reason = `The JSONata expression '${expression}' specified for the field '${field}' returned an unexpected result type. Expected '${expected}', but was ${given}`;
  return evaluationFailed(frame, reason, field);
}

/**
 * Records EvaluationFailed and gives the failure to throw. AWS chains that event to what came before the state's entry
 * as long as the entry is the last event.
 */
export function evaluationFailed(
  frame: Frame,
  reason: string,
  location: string | undefined,
  branch = frame.branch,
  previous = branch.last === frame.enteredId ? frame.enteredAfter : branch.last,
): StateFailure {
  const error = 'States.QueryEvaluationError';
  const cause = stateCause(frame, reason);
  branch.record({ type: 'EvaluationFailed', error, cause, location, state: frame.name }, previous);
  return new StateFailure(error, cause);
}

export function stateCause({ name, enteredId }: Frame, reason: string): string {
  return `An error occurred while executing the state '${name}' (entered at the event id #${enteredId}). ${reason}`;
}

function typeName(value: JsonValue): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function contextOf(frame: Frame, taskToken: string | undefined, mapItem: MapItem | undefined): JsonObject {
  const { machine, arn, name, input, startedAt } = frame.branch.execution;
  return {
    Execution: {
      Id: arn,
      Input: input,
      Name: name,
      RedriveCount: 0,
      RoleArn: machine.roleArn,
      StartTime: new Date(startedAt).toISOString(),
    },
    StateMachine: { Id: machine.arn, Name: machine.name },
    State: { Name: frame.name, EnteredTime: new Date(frame.enteredAt).toISOString(), RetryCount: frame.retryCount },
    ...(taskToken === undefined ? {} : { Task: { Token: taskToken } }),
    ...(mapItem === undefined ? {} : { Map: { Item: { ...mapItem } } }),
  };
}
