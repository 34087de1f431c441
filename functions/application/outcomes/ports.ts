/** What came of an event: whether it disagrees with what was stored before it, and whether there is something to learn of it now. */
export interface Recorded {
  readonly contradicts: boolean;
  readonly teaches: boolean;
}
