/** Something the user can put right. The message is one sentence that says what to do; the process ends with 1. */
export class CannotStart extends Error {
  override readonly name = 'CannotStart' as const;
}
