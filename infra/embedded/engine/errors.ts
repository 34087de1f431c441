/** A definition uses something this engine does not run. Thrown when it is registered, never while it runs. */
export class UnsupportedDefinition extends Error {
  override name = 'UnsupportedDefinition' as const;
  readonly state: string;
  readonly field: string;

  constructor(state: string, field: string, reason: string) {
    super(`${state}.${field}: ${reason}`);
    this.state = state;
    this.field = field;
  }
}

/** How an integration says that its call failed: the error name that Retry and Catch see, and the cause. */
export class TaskError extends Error {
  override name = 'TaskError' as const;
  readonly error: string | undefined;
  readonly reason: string | undefined;

  constructor(error?: string, reason?: string) {
    super(`${error ?? '(no error name)'}: ${reason ?? '(no cause)'}`);
    this.error = error;
    this.reason = reason;
  }
}

/** A state failed with an Amazon States Language error; what Retry and Catch look at. */
export class StateFailure extends Error {
  override name = 'StateFailure' as const;
  readonly error: string | undefined;
  readonly reason: string | undefined;
  /** AWS reports a missed heartbeat as States.Timeout, and lets States.HeartbeatTimeout match it too. */
  readonly missedHeartbeat: boolean;
  /** The task's own failure is in the history; otherwise the state failed around it. */
  recorded = false;

  constructor(error: string | undefined, reason?: string, missedHeartbeat = false) {
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
