import type { JsonValue } from './json.ts';

export interface TaskCall {
  /** Without `.waitForTaskToken`. */
  resource: string;
  arguments: JsonValue;
  /** Present where the task waits for an answer by this token. */
  taskToken?: string | undefined;
  executionArn: string;
  stateName: string;
  /** Aborted when the answer is no longer wanted: timeout, stop, or the token was answered first. */
  signal: AbortSignal;
}

/** What the world does for a Task state. The engine itself knows no service. */
export interface Integrations {
  supports(resource: string): boolean;
  /** @throws TaskError with the error name and cause that Retry and Catch see */
  invoke(call: TaskCall): Promise<JsonValue>;
}
