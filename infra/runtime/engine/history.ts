import type { StateType } from './definition.ts';
import type { JsonValue } from './json.ts';

export type EventType =
  | `Execution${'Started' | 'Succeeded' | 'Failed' | 'Aborted' | 'TimedOut'}`
  | `${StateType}State${'Entered' | 'Exited'}`
  | `${'Task' | 'Wait' | 'Map' | 'Parallel'}StateAborted`
  | `Task${'Scheduled' | 'Started' | 'Submitted' | 'Succeeded' | 'Failed' | 'TimedOut'}`
  | `LambdaFunction${'Scheduled' | 'Started' | 'Succeeded' | 'Failed' | 'TimedOut'}`
  | `${'Map' | 'Parallel'}State${'Started' | 'Succeeded' | 'Failed'}`
  | `MapIteration${'Started' | 'Succeeded' | 'Failed' | 'Aborted'}`
  | 'EvaluationFailed';

export interface EventDraft {
  type: EventType;
  /** State name; of MapIteration events the Map's. */
  name?: string | undefined;
  input?: JsonValue | undefined;
  output?: JsonValue | undefined;
  assignedVariables?: Record<string, JsonValue> | undefined;
  error?: string | undefined;
  cause?: string | undefined;
  /** Of Task events `invoke`, `sendMessage.waitForTaskToken`; of LambdaFunctionScheduled the ARN. */
  resource?: string | undefined;
  resourceType?: string | undefined;
  region?: string | undefined;
  parameters?: JsonValue | undefined;
  timeoutInSeconds?: number | undefined;
  heartbeatInSeconds?: number | undefined;
  /** Of MapIteration events. */
  index?: number | undefined;
  /** Of MapStateStarted. */
  length?: number | undefined;
  /** Of EvaluationFailed: the field, and the state it belongs to. */
  location?: string | undefined;
  state?: string | undefined;
}
/** One line of an execution's history, with AWS's names. `timestamp` in epoch milliseconds. */
export interface HistoryEvent extends EventDraft {
  id: number;
  previousEventId: number;
  timestamp: number;
}

/** What a restart must know and no history says. */
export interface Memo {
  /** Of ExecutionStarted: its machine's ARN, its name, and where the definition it began with is kept. */
  machine?: string;
  name?: string;
  definition?: string;
  /** Of StateExited: the state that comes next; none where the block ends. */
  next?: string | undefined;
  /** Of TaskScheduled: what answers it. */
  token?: string | undefined;
  /** Of MapStateStarted. */
  items?: JsonValue[];
  /** Of ParallelStateStarted: what every branch begins with. */
  input?: JsonValue;
  /** Asleep until then; of a retry, the retrier whose attempt it is. */
  until?: number;
  retrier?: number;
  /** The task was last heard of at this time. */
  heartbeatAt?: number;
}

/** One line of the journal about an execution: an event of its history, or what only a restart reads. */
export type Entry = { path: string; memo?: Memo } & (HistoryEvent | { type?: undefined });

/** The journal's checksums vouch for it: these lines are what `Execution` wrote. */
export const readEntry = (line: string): Entry => JSON.parse(line);

/** Puts a placeholder where a task token stands: a token is a credential, and a history is read by many. */
export function redacted<E extends object>(event: E, tokens: readonly string[]): E {
  if (tokens.length === 0) return event;
  // A token has no character that JSON would escape.
  return JSON.parse(tokens.reduce((text, token) => text.replaceAll(token, '(task token)'), JSON.stringify(event)));
}

/** The events among the lines, as whoever may read a history sees them. */
export function historyOf(lines: readonly string[]): HistoryEvent[] {
  const entries = lines.map(readEntry);
  const tokens = entries.flatMap(({ memo }) => memo?.token ?? []);
  const events = entries.flatMap(({ path: _path, memo: _memo, ...event }) => (event.type === undefined ? [] : event));
  return redacted(events, tokens);
}

/** An event as GetExecutionHistory answers it: seconds, JSON as text, the details under the key of its type. */
export function wireEvent({ id, previousEventId, timestamp, type, ...details }: HistoryEvent) {
  const { input, output, parameters, assignedVariables, ...plain } = details;
  const key = /State(Entered|Exited)$/.exec(type)?.[1];
  const prefix = key === undefined ? `${type.charAt(0).toLowerCase()}${type.slice(1)}` : `state${key}`;
  const body = {
    ...plain,
    input: JSON.stringify(input),
    output: JSON.stringify(output),
    parameters: JSON.stringify(parameters),
    assignedVariables:
      assignedVariables &&
      Object.fromEntries(Object.entries(assignedVariables).map(([name, value]) => [name, JSON.stringify(value)])),
    inputDetails: input === undefined ? undefined : { truncated: false },
    outputDetails: output === undefined ? undefined : { truncated: false },
  };
  return { id, previousEventId, timestamp: timestamp / 1000, type, [`${prefix}EventDetails`]: body };
}
