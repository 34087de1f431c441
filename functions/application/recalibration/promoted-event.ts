import type { CalibrationPromoted } from '../../../schemas/events/emitted.ts';
import type { EpochChange } from '../../../schemas/items/ledger.ts';
import type { RefitProof } from '../../../schemas/items/refit.ts';

export type Measured = Omit<RefitProof['before'], 'nullMean'>;

/** The event for a new epoch: what was served before and what is served now, measured on the same jobs. */
export function calibrationPromoted(
  clusterId: string,
  { epoch, cause, by }: EpochChange,
  { before, after, n, reason }: { before: Measured; after: Measured; n: number; reason: string },
  now: Date,
): CalibrationPromoted {
  return {
    schemaVersion: 1,
    clusterId,
    epoch,
    cause,
    lossBefore: before.loss,
    lossAfter: after.loss,
    eceBefore: before.ece,
    eceAfter: after.ece,
    eceBeforeBounds: [before.lower, before.upper],
    eceAfterBounds: [after.lower, after.upper],
    n,
    reason,
    by,
    at: now.toISOString(),
  };
}
