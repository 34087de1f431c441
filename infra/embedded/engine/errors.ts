/** A definition uses something this engine does not run. Thrown when it is registered, never while it runs. */
export class UnsupportedDefinition extends Error {
  override name = 'UnsupportedDefinition' as const;

  constructor(state: string, field: string, reason: string) {
    super(`${state}.${field}: ${reason}`);
  }
}

/**
 * A task or another state failed with an error of the States Language: what Retry and Catch look at, and how an
 * integration says that its call failed.
 */
export class TaskError extends Error {
  override name = 'TaskError' as const;
  readonly error: string | undefined;
  readonly reason: string | undefined;
  /** AWS reports a missed heartbeat as States.Timeout, and lets States.HeartbeatTimeout match it too. */
  readonly missedHeartbeat: boolean;
  /** The task's own failure is in the history; otherwise the state failed around it. */
  recorded = false;

  constructor(error?: string, reason?: string, missedHeartbeat = false) {
    super(`${error ?? '(no error name)'}: ${reason ?? '(no cause)'}`);
    this.error = error;
    this.reason = reason;
    this.missedHeartbeat = missedHeartbeat;
  }
}

/** The branch was stopped from outside; unwinds it without any effect. */
export class BranchStopped extends Error {
  override name = 'BranchStopped' as const;
}

export class StateMachineDoesNotExist extends Error {
  override name = 'StateMachineDoesNotExist' as const;
}
export class ExecutionDoesNotExist extends Error {
  override name = 'ExecutionDoesNotExist' as const;
}
export class ExecutionAlreadyExists extends Error {
  override name = 'ExecutionAlreadyExists' as const;
}
export class InvalidName extends Error {
  override name = 'InvalidName' as const;
}
export class InvalidExecutionInput extends Error {
  override name = 'InvalidExecutionInput' as const;
}
export class InvalidOutput extends Error {
  override name = 'InvalidOutput' as const;
}
/** The token was never issued here. */
export class InvalidToken extends Error {
  override name = 'InvalidToken' as const;
}
/** The token was issued here, but its task is already answered, timed out or stopped. */
export class TaskTimedOut extends Error {
  override name = 'TaskTimedOut' as const;
}
