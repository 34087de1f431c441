import type { Branch, Visit } from './branch.ts';
import { hasQuery } from './definition.ts';
import { TaskError } from './errors.ts';
import { exceedsDataLimit, type JsonObject, type JsonValue } from './json.ts';
import { QueryFailed } from './jsonata.ts';

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
 * @throws TaskError States.QueryEvaluationError (recorded as EvaluationFailed) or States.DataLimitExceeded
 */
export async function evaluate(
  visit: Visit,
  template: JsonValue,
  field: string,
  reads: Reads = {},
): Promise<JsonValue> {
  const { taskToken, iteration = visit.branch, ...rest } = reads;
  if (!hasQuery(template)) return withinLimit(template, visit.name);
  const states = {
    ...{ input: visit.input, ...rest },
    // Few expressions read it.
    get context() {
      return contextOf(visit, taskToken, iteration);
    },
  };
  try {
    const variables = { ...visit.branch.variables, states };
    return withinLimit(
      await visit.branch.execution.services.evaluator.evaluate(template, field, variables),
      visit.name,
    );
  } catch (error) {
    if (error instanceof QueryFailed) throw evaluationFailed(visit, error.reason, error.location, iteration);
    throw error;
  }
}

/** A number from 0 that a field gives as such or by an expression. */
export async function evaluateNumber(
  visit: Visit,
  template: number | string,
  field: string,
  expected: 'integer' | 'number' = 'integer',
  most = Number.POSITIVE_INFINITY,
): Promise<number> {
  const value = await evaluate(visit, template, field);
  const fits = typeof value === 'number' && value >= 0 && value <= most;
  if (fits && (expected === 'number' || Number.isInteger(value))) return value;
  throw unexpectedType(visit, template, field, expected, value);
}

/** @throws TaskError States.DataLimitExceeded; `name` is the state's, or what AWS calls the task */
export function withinLimit(value: JsonValue, name: string): JsonValue {
  if (!exceedsDataLimit(value)) return value;
  throw new TaskError(
    'States.DataLimitExceeded',
    `The state/task '${name}' returned a result with a size exceeding the maximum number of bytes service limit.`,
  );
}

export function unexpectedType(visit: Visit, template: JsonValue, field: string, expected: string, value: JsonValue) {
  const expression = typeof template === 'string' ? template.slice(2, -2).trim() : JSON.stringify(template);
  const type = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
  const given = `'${type}' for value: ${JSON.stringify(value)}`;
  const reason = `The JSONata expression '${expression}' specified for the field '${field}' returned an unexpected result type. Expected '${expected}', but was ${given}`;
  return evaluationFailed(visit, reason, field);
}

/**
 * Records EvaluationFailed and gives the failure to throw. AWS chains that event to what came before the state's entry
 * as long as the entry is the last event.
 */
export function evaluationFailed(
  visit: Visit,
  reason: string,
  location: string | undefined,
  branch = visit.branch,
  previous = branch.last === visit.enteredId ? visit.enteredAfter : branch.last,
): TaskError {
  const error = 'States.QueryEvaluationError';
  const cause = stateCause(visit, reason);
  branch.record({ type: 'EvaluationFailed', error, cause, location, state: visit.name }, undefined, previous);
  return new TaskError(error, cause);
}

export function stateCause({ name, enteredId }: Visit, reason: string): string {
  return `An error occurred while executing the state '${name}' (entered at the event id #${enteredId}). ${reason}`;
}

function contextOf(visit: Visit, taskToken: string | undefined, { mapItem }: Branch): JsonObject {
  const { machine, summary } = visit.branch.execution;
  return {
    Execution: {
      Id: summary.executionArn,
      Input: summary.input,
      Name: summary.name,
      RedriveCount: 0,
      RoleArn: machine.roleArn,
      StartTime: new Date(summary.startDate).toISOString(),
    },
    StateMachine: { Id: machine.arn, Name: machine.name },
    State: {
      Name: visit.name,
      EnteredTime: new Date(visit.enteredAt).toISOString(),
      RetryCount: visit.attempts.reduce((sum, made) => sum + made, 0),
    },
    ...(taskToken === undefined ? {} : { Task: { Token: taskToken } }),
    ...(mapItem === undefined ? {} : { Map: { Item: { ...mapItem } } }),
  };
}
