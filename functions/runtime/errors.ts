/** The input of a state or an event is not of its schema. Never retried: the same input fails the same way. */
export class MalformedEvent extends Error {
  override name = 'MalformedEvent' as const;
}

/** A handler produced something its own schema refuses: a bug, caught before it travels on. */
export class MalformedOutput extends Error {
  override name = 'MalformedOutput' as const;
}

/** The function lacks a setting, or has a wrong one. */
export class MisconfiguredFunction extends Error {
  override name = 'MisconfiguredFunction' as const;
}
