import type { Visit } from '../branch.ts';
import type { ChoiceState, Exit, FailState, WaitState } from '../definition.ts';
import { LONGEST_SECONDS } from '../definition.ts';
import { TaskError } from '../errors.ts';
import { evaluate, evaluateNumber, evaluationFailed, stateCause, unexpectedType } from '../evaluation.ts';

/** The first rule whose condition is true, or else the state itself with its Default. */
export async function choose(visit: Visit, state: ChoiceState): Promise<Exit> {
  for (const [index, rule] of state.Choices.entries()) {
    const field = `Choices[${index}]/Condition`;
    const value = await evaluate(visit, rule.Condition, field);
    if (typeof value !== 'boolean') throw unexpectedType(visit, rule.Condition, field, 'boolean', value);
    if (value) return rule;
  }
  if (state.Default !== undefined) return { ...state, Next: state.Default };
  const reason = 'Failed to transition out of the state. The state does not point to a next state.';
  throw new TaskError('States.NoChoiceMatched', stateCause(visit, reason));
}

/** The error and cause of a Fail state. */
export async function failureOf(visit: Visit, state: FailState): Promise<TaskError> {
  const error = state.Error === undefined ? undefined : await text(visit, state.Error, 'Error');
  return new TaskError(error, state.Cause === undefined ? undefined : await text(visit, state.Cause, 'Cause'));
}

async function text(visit: Visit, template: string, field: string): Promise<string> {
  const value = await evaluate(visit, template, field);
  if (typeof value !== 'string') throw unexpectedType(visit, template, field, 'string', value);
  return value;
}

/** RFC 3339 with an offset, any number of fractional digits. */
const TIMESTAMP = /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** Waits a number of seconds, or until a time; a time that has passed does not wait. */
export async function runWait(visit: Visit, state: WaitState): Promise<void> {
  // It has slept already: the restart found it asleep.
  if (visit.until !== undefined) return;
  const { branch } = visit;
  const until = await timeToWaitFor(visit, state);
  if (until <= branch.execution.services.clock.now()) return;
  branch.remember({ until });
  await branch.sleep(until);
}

async function timeToWaitFor(visit: Visit, { Seconds, Timestamp = '' }: WaitState): Promise<number> {
  if (Seconds !== undefined)
    return visit.enteredAt + 1000 * (await evaluateNumber(visit, Seconds, 'Seconds', 'integer', LONGEST_SECONDS));
  const given = await text(visit, Timestamp, 'Timestamp');
  const time = parseTimestamp(given);
  if (time !== undefined) return time;
  const reason = `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${given}`;
  throw evaluationFailed(visit, reason, 'Timestamp', visit.branch.last);
}

function parseTimestamp(text: string): number | undefined {
  const date = TIMESTAMP.exec(text)?.[1];
  const time = Date.parse(text);
  if (date === undefined || !Number.isFinite(time)) return undefined;
  // Date.parse takes 30 February for 1 March.
  return new Date(`${date}T00:00:00Z`).toISOString().startsWith(date) ? time : undefined;
}
