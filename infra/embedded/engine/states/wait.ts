import type { Visit } from '../branch.ts';
import type { WaitState } from '../definition.ts';
import { evaluate, evaluateInteger, evaluationFailed, type Outcome, unexpectedType } from '../frame.ts';

/** RFC 3339 with an offset, any number of fractional digits. */
const TIMESTAMP = /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** Waits a number of seconds, or until a time; a time that has passed does not wait. */
export async function runWait(visit: Visit, state: WaitState): Promise<Outcome> {
  // After a restart it has slept already.
  if (visit.until === undefined) {
    const { branch } = visit;
    const until = await timeToWaitFor(visit, state);
    if (until > branch.execution.services.clock.now()) {
      branch.remember({ until });
      await branch.sleep(until);
    }
  }
  return { output: visit.input, source: state, next: state.Next };
}

async function timeToWaitFor(visit: Visit, { Seconds, Timestamp }: WaitState): Promise<number> {
  if (Seconds === undefined) return timestamp(visit, Timestamp ?? '');
  return visit.enteredAt + 1000 * (await evaluateInteger(visit, Seconds, 'Seconds'));
}

async function timestamp(visit: Visit, template: string): Promise<number> {
  const text = await evaluate(visit, template, 'Timestamp');
  if (typeof text !== 'string') throw unexpectedType(visit, template, 'Timestamp', 'string', text);
  const time = parseTimestamp(text);
  if (time !== undefined) return time;
  const reason = `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${text}`;
  throw evaluationFailed(visit, reason, 'Timestamp', visit.branch, visit.branch.last);
}

function parseTimestamp(text: string): number | undefined {
  const date = TIMESTAMP.exec(text)?.[1];
  const time = Date.parse(text);
  if (date === undefined || !Number.isFinite(time)) return undefined;
  // Date.parse takes 30 February for 1 March.
  return new Date(`${date}T00:00:00Z`).toISOString().startsWith(date) ? time : undefined;
}
