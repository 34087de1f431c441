/** The input of a state, or an event, does not match its schema. Never retried: the same input fails the same way. */
export class MalformedEvent extends Error {
  override name = 'MalformedEvent' as const;
}

/** A handler's result does not match its own schema: a bug, caught before it spreads. */
export class MalformedOutput extends Error {
  override name = 'MalformedOutput' as const;
}

/** A setting of the function is missing or wrong. */
export class MisconfiguredFunction extends Error {
  override name = 'MisconfiguredFunction' as const;
}
