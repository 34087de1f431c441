/** Something the person at the keyboard can put right. The message is a sentence that says what to do. */
export class Refused extends Error {
  override name: string = 'Refused';
}

/** The command line does not say what to do: an argument or an option is missing, or two contradict each other. */
export class UsageError extends Refused {
  override name = 'UsageError' as const;
}
