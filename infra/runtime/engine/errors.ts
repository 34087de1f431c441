/** A definition uses something this engine does not run. Thrown when it is registered, never while it runs. */
export class UnsupportedDefinition extends Error {
  override readonly name = 'UnsupportedDefinition' as const;

  constructor(state: string, field: string, reason: string) {
    super(`${state}.${field}: ${reason}`);
  }
}

/**
 * A task or another state failed with an error of the States Language. Retry and Catch match on it, and integrations
 * throw it when a call fails.
 */
export class TaskError extends Error {
  override readonly name = 'TaskError' as const;
  readonly error: string | undefined;
  readonly reason: string | undefined;
  /** AWS reports a missed heartbeat as States.Timeout; States.HeartbeatTimeout matches it too. */
  readonly missedHeartbeat: boolean;
  /** True if the task itself failed and that is in the history; otherwise the state failed around it. */
  recorded = false;

  constructor(error?: string, reason?: string, missedHeartbeat = false) {
    super(`${error ?? '(no error name)'}: ${reason ?? '(no cause)'}`);
    this.error = error;
    this.reason = reason;
    this.missedHeartbeat = missedHeartbeat;
  }
}

/** The branch was stopped from outside; unwinds it without side effects. */
export class BranchStopped extends Error {
  override readonly name = 'BranchStopped' as const;
}

/** The messages of Step Functions' own refusals. */
const MESSAGES = {
  StateMachineDoesNotExist: 'State Machine Does Not Exist',
  ExecutionDoesNotExist: 'Execution Does Not Exist',
  ExecutionAlreadyExists: 'Execution Already Exists',
  InvalidName: 'Invalid Name',
  InvalidExecutionInput: 'Invalid State Machine Execution Input',
  InvalidOutput: 'Invalid Output',
  /** It was never issued here. */
  InvalidToken: 'Invalid Token',
  /** The token was issued here, but its task is already answered, timed out or stopped. */
  TaskTimedOut: 'Task Timed Out',
} as const;

/** A request is refused with AWS's error name and message; the message quotes `what`. */
export class Refusal extends Error {
  override readonly name: keyof typeof MESSAGES;

  constructor(name: keyof typeof MESSAGES, what: string, options?: ErrorOptions) {
    super(`${MESSAGES[name]}: '${what}'`, options);
    this.name = name;
  }
}
