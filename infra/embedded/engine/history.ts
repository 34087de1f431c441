import type { StateType } from './definition.ts';
import type { JsonValue } from './json.ts';

type Running = 'Task' | 'Wait' | 'Map' | 'Parallel';
type Fork = 'Map' | 'Parallel';

type EventType =
  | `Execution${'Started' | 'Succeeded' | 'Failed' | 'Aborted' | 'TimedOut'}`
  | `${StateType}StateEntered`
  | `${Exclude<StateType, 'Fail'>}StateExited`
  | `${Running}StateAborted`
  | `Task${'Scheduled' | 'Started' | 'Submitted' | 'Succeeded' | 'Failed' | 'TimedOut'}`
  | `LambdaFunction${'Scheduled' | 'Started' | 'Succeeded' | 'Failed' | 'TimedOut'}`
  | `${Fork}State${'Started' | 'Succeeded' | 'Failed'}`
  | `MapIteration${'Started' | 'Succeeded' | 'Failed' | 'Aborted'}`
  | 'EvaluationFailed';

interface EventDetails {
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

export interface EventDraft extends EventDetails {
  type: EventType;
}
/** One line of an execution's history, with AWS's names. `timestamp` in epoch milliseconds. */
export interface HistoryEvent extends EventDraft {
  id: number;
  previousEventId: number;
  timestamp: number;
}

const REDACTED_TOKEN = '(task token)';

/** Puts a placeholder where a task token stands: a token is a credential, and a history is read by many. */
export function redact<E extends EventDraft>(event: E, tokens: ReadonlySet<string>): E {
  if (tokens.size === 0) return event;
  const hide = (text: string) => {
    let hidden = text;
    for (const token of tokens) hidden = hidden.replaceAll(token, REDACTED_TOKEN);
    return hidden;
  };
  const walk = (value: JsonValue): JsonValue => {
    if (typeof value === 'string') return hide(value);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(walk);
    return walkAll(value);
  };
  const walkAll = (values: Record<string, JsonValue>) =>
    Object.fromEntries(Object.entries(values).map(([key, item]) => [hide(key), walk(item)]));
  const { input, output, parameters, assignedVariables, cause } = event;
  return {
    ...event,
    ...(input === undefined ? {} : { input: walk(input) }),
    ...(output === undefined ? {} : { output: walk(output) }),
    ...(parameters === undefined ? {} : { parameters: walk(parameters) }),
    ...(assignedVariables === undefined ? {} : { assignedVariables: walkAll(assignedVariables) }),
    ...(cause === undefined ? {} : { cause: hide(cause) }),
  };
}

const asText = (value: JsonValue | undefined) => (value === undefined ? undefined : JSON.stringify(value));

/** An event as GetExecutionHistory answers it: seconds, JSON as text, the details under the key of its type. */
export function wireEvent({ id, previousEventId, timestamp, type, ...details }: HistoryEvent) {
  const { input, output, parameters, assignedVariables, ...plain } = details;
  const key = /State(Entered|Exited)$/.exec(type)?.[1];
  const prefix = key === undefined ? `${type.charAt(0).toLowerCase()}${type.slice(1)}` : `state${key}`;
  const body = {
    ...plain,
    input: asText(input),
    output: asText(output),
    parameters: asText(parameters),
    assignedVariables:
      assignedVariables &&
      Object.fromEntries(Object.entries(assignedVariables).map(([name, value]) => [name, JSON.stringify(value)])),
    inputDetails: input === undefined ? undefined : { truncated: false },
    outputDetails: output === undefined ? undefined : { truncated: false },
  };
  return { id, previousEventId, timestamp: timestamp / 1000, type, [`${prefix}EventDetails`]: body };
}
