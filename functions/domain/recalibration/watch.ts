import type { IsotonicMap } from '../calibration/map.ts';
import { type Difference, isBeyondNoise, lossDifference } from './difference.ts';
import { type Labelled, pairsOf } from './labelled.ts';
import { RECALIBRATION } from './numbers.ts';
import { rehearse } from './rehearsal.ts';

/** `watching` too early to say · `held` it has proven itself · `worse` the one before has to come back. */
export type Standing = 'watching' | 'held' | 'worse';

export interface Watched {
  readonly standing: Standing;
  /** Labels that were decided under the promoted map. */
  readonly n: number;
  /** By how much the log loss of the map before would have been lower; null before the first look. */
  readonly loss: Difference | null;
}

/**
 * Whether a promoted map has turned out worse than the one before: what it served against what the map before would have
 * served on the same labels, its experts having learned on those just before. Worse beyond noise, and by .03 nats at least, is rolled back.
 *
 * Log loss alone: it is proper, so what is worse calibrated pays for it there too. Rolling back on ECE as well was tried
 * on streams B to F: it changed nothing on four, and on D took back a good map after 50 labels, on which an ECE is mostly
 * noise (served ECE .040 instead of .036, log loss .344 instead of .331). A poor ECE costs autonomy by itself meanwhile.
 *
 * @param labels in ledger order, the newest; those decided in `epoch` are judged
 * @param before the map that was in force until this epoch
 */
export function judgePromoted(labels: readonly Labelled[], epoch: number, before: IsotonicMap | null): Watched {
  const { every, labels: enough, z, blocks, margin } = RECALIBRATION.watch;
  const first = labels.findIndex((label) => label.epoch === epoch);
  const since = first < 0 ? [] : labels.slice(first);
  const judged = since.filter((label) => label.epoch === epoch);
  if (judged.length < every) return { standing: 'watching', n: judged.length, loss: null };

  const lead = labels.slice(Math.max(0, first - RECALIBRATION.window / 2), first);
  const would = rehearse(before, [...lead, ...since]).slice(lead.length);
  const was = pairsOf(since, ({ q }) => q);
  const other = pairsOf(since, (_, i) => would[i] ?? Number.NaN);
  const mine = <T>(values: T[]): T[] => values.filter((_, i) => since[i]?.epoch === epoch);
  const loss = lossDifference(mine(was), mine(other), blocks);
  if (loss.gain > margin && isBeyondNoise(loss, z)) return { standing: 'worse', n: judged.length, loss };
  return { standing: judged.length >= enough ? 'held' : 'watching', n: judged.length, loss };
}

/** What a look at a promoted map has shown. */
export function watchedInWords({ standing, n, loss }: Watched): string {
  const { every, labels } = RECALIBRATION.watch;
  if (loss === null) return `the promoted map has met ${n} labels; the first look is at ${every}`;
  const gain = `the map before would have had a log loss ${Math.abs(loss.gain).toFixed(4)} ± ${loss.se.toFixed(4)}`;
  const compared = `over ${n} labels ${gain} ${loss.gain > 0 ? 'lower' : 'higher'}`;
  if (standing === 'worse') return `${compared}: it comes back`;
  return standing === 'held'
    ? `${compared}: the promoted map stays`
    : `${compared}; it is watched until ${labels} labels`;
}
