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
  /** For Task events e.g. `invoke` or `sendMessage.waitForTaskToken`; for LambdaFunctionScheduled the ARN. */
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

/** What a restart needs that is not in the history. */
export interface Memo {
  /** Of ExecutionStarted: its machine's ARN, its name, and the journal key of the definition it began with. */
  machine?: string;
  name?: string;
  definition?: string;
  /** Of StateExited: the next state; none at the end of the block. */
  next?: string | undefined;
  /** Of TaskScheduled: the token that answers it. */
  token?: string | undefined;
  /** Of MapStateStarted. */
  items?: JsonValue[];
  /** Of ParallelStateStarted: the input of every branch. */
  input?: JsonValue;
  /** Asleep until this time; for a retry, the index of its retrier. */
  until?: number;
  retrier?: number;
  /** Time of the task's last heartbeat. */
  heartbeatAt?: number;
}

/** One journal line of an execution: an event of its history, or a memo that only a restart reads. */
export type Entry = { path: string; memo?: Memo } & (HistoryEvent | { type?: undefined });

/** Not validated: the journal's checksums guarantee that `Execution` wrote these lines. */
export const readEntry = (line: string): Entry => JSON.parse(line);

/** Replaces task tokens by a placeholder: a token is a credential, and many people may read a history. */
export function redacted<E extends object>(event: E, tokens: readonly string[]): E {
  if (tokens.length === 0) return event;
  // Tokens contain no characters that JSON would escape.
  return JSON.parse(tokens.reduce((text, token) => text.replaceAll(token, '(task token)'), JSON.stringify(event)));
}

/** The events among the lines, redacted for readers of the history. */
export function historyOf(lines: readonly string[]): HistoryEvent[] {
  const entries = lines.map(readEntry);
  const tokens = entries.flatMap(({ memo }) => memo?.token ?? []);
  const events = entries.flatMap(({ path: _path, memo: _memo, ...event }) => (event.type === undefined ? [] : event));
  return redacted(events, tokens);
}

/** An event as GetExecutionHistory returns it: seconds, JSON as text, the details under the key of its type. */
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
