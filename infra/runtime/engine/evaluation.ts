import type { Visit } from './branch.ts';
import { hasQuery } from './definition.ts';
import { TaskError } from './errors.ts';
import { exceedsDataLimit, type JsonObject, type JsonValue } from './json.ts';
import { QueryFailed } from './jsonata.ts';

/**
 * Evaluates a field of the state; `reads` is what its expressions can read from `$states` besides input and context.
 *
 * @throws TaskError States.QueryEvaluationError (recorded as EvaluationFailed) or States.DataLimitExceeded
 */
export async function evaluate(
  visit: Visit,
  template: JsonValue,
  field: string,
  reads?: JsonObject,
  taskToken?: string,
): Promise<JsonValue> {
  const { branch, name, input } = visit;
  if (!hasQuery(template)) return withinLimit(template, name);
  const states = {
    input,
    ...reads,
    // A getter, because few expressions read it.
    get context() {
      return contextOf(visit, taskToken);
    },
  };
  try {
    const { evaluator } = branch.execution.services;
    return withinLimit(await evaluator.evaluate(template, field, { ...branch.variables, states }), name);
  } catch (error) {
    if (error instanceof QueryFailed) throw evaluationFailed(visit, error.message, error.location);
    throw error;
  }
}

/** A non-negative number, given by a field as a literal or an expression. */
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
 * Records EvaluationFailed and returns the failure to throw. AWS chains this event to the one before the state's
 * entry as long as the entry is the last event.
 */
export function evaluationFailed(visit: Visit, reason: string, location: string | undefined, after?: number) {
  const { branch, name, enteredId, enteredAfter } = visit;
  const error = 'States.QueryEvaluationError';
  const cause = stateCause(visit, reason);
  const previous = after ?? (branch.last === enteredId ? enteredAfter : branch.last);
  branch.record({ type: 'EvaluationFailed', error, cause, location, state: name }, undefined, previous);
  return new TaskError(error, cause);
}

export function stateCause({ name, enteredId }: Visit, reason: string): string {
  return `An error occurred while executing the state '${name}' (entered at the event id #${enteredId}). ${reason}`;
}

function contextOf(visit: Visit, taskToken: string | undefined): JsonObject {
  const { mapItem, execution } = visit.branch;
  const { machine, summary } = execution;
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
