import type { JsonValue } from './json.ts';

export interface TaskCall {
  /** Without `.waitForTaskToken`. */
  resource: string;
  arguments: JsonValue;
  /** Present if the task waits for an answer to this token. */
  taskToken?: string | undefined;
  executionArn: string;
  stateName: string;
  /** Aborted when the result is no longer needed: timeout, stop, or the token was answered first. */
  signal: AbortSignal;
}

/** Makes the calls of Task states. The engine itself knows no service. */
export interface Integrations {
  supports(resource: string): boolean;
  /** @throws TaskError with the error name and cause that Retry and Catch see */
  invoke(call: TaskCall): Promise<JsonValue>;
}
