import { Refused } from '../refused.ts';

/** The system cannot be started as it was asked for. */
export class CannotStart extends Refused {
  override readonly name = 'CannotStart' as const;
}
