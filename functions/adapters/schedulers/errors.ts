/** The scheduler did not answer. When it was asked to change something, nobody knows whether it did: look first. */
export class SchedulerUnavailable extends Error {
  override readonly name = 'SchedulerUnavailable' as const;
}

/** The scheduler, or our own check of the arguments, said no: unknown job, no longer pending, no such queue. */
export class SchedulerRefused extends Error {
  override readonly name = 'SchedulerRefused' as const;
}

/** The scheduler answered something that is not its wire format. */
export class SchedulerMalformed extends Error {
  override readonly name = 'SchedulerMalformed' as const;
}
