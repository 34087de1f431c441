import type { IsotonicMap } from '../calibration/map.ts';
import type { ServedSample } from '../calibration/served-sample.ts';
import { blocksOf, type Difference, isBeyondNoise, lossDifference } from './difference.ts';
import { type Labelled, sampleOf } from './labelled.ts';
import { RECALIBRATION } from './numbers.ts';
import { rehearse } from './rehearsal.ts';

/** `watching` too early to say · `held` it has proven itself · `worse` the one before has to come back. */
export type Standing = 'watching' | 'held' | 'worse';

export interface Watched {
  readonly standing: Standing;
  /** Jobs that were decided since it was promoted. */
  readonly n: number;
  /** By how much the log loss would have been lower with the map before; null before the first look. */
  readonly loss: Difference | null;
}

/** A promotion to look at. */
export interface Promotion {
  readonly map: IsotonicMap | null;
  /** The map that was in force until then; null for none. */
  readonly before: IsotonicMap | null;
  /** Labels since then. */
  readonly sinceEpoch: number;
}

/**
 * Whether a promoted map has turned out worse than the one before, or than none: the mixture with it against the same mixture with
 * the one before, on the jobs since. Worse beyond noise is rolled back.
 *
 * Log loss alone: it is proper, so what is worse calibrated pays for it there too, and an ECE of 50 labels is mostly noise. A poor
 * ECE costs autonomy by itself meanwhile.
 *
 * @param labels in ledger order, the newest
 * @param longWaitSeconds T of the cluster
 */
export function judgePromoted(labels: readonly Labelled[], promotion: Promotion, longWaitSeconds: number): Watched {
  const { every, labels: enough, z } = RECALIBRATION.watch;
  const { n, served, without } = servedSince(labels, promotion);
  if (n < every) return { standing: 'watching', n, loss: null };
  const blocks = blocksOf(served.submittedAt, RECALIBRATION.blocks, longWaitSeconds);
  const loss = blocks.count < RECALIBRATION.leastBlocks ? null : lossDifference(served, without, blocks);
  if (loss !== null && isBeyondNoise(loss, z, blocks.count)) return { standing: 'worse', n, loss };
  return { standing: n >= enough ? 'held' : 'watching', n, loss };
}

/** What the mixture serves with a promoted map to the jobs since, and what it would have served with the one before. */
export function servedSince(
  labels: readonly Labelled[],
  { map, before, sinceEpoch }: Promotion,
): { n: number; served: ServedSample; without: ServedSample } {
  const after = Math.max(0, labels.length - sinceEpoch);
  const { jobs, kept, exchanged } = rehearse(labels, { from: before, to: map, after });
  return { n: jobs.length, served: sampleOf(jobs, exchanged), without: sampleOf(jobs, kept) };
}

/** What a look at a promoted map has shown. */
export function watchedInWords({ standing, n, loss }: Watched): string {
  const { every, labels } = RECALIBRATION.watch;
  if (n < every) return `the promoted map has met ${n} jobs; the first look is at ${every}`;
  const stays = standing === 'held' ? 'the promoted map stays' : `it is watched until ${labels} jobs`;
  if (loss === null) return `the promoted map has met ${n} jobs in too few stretches of time to tell; ${stays}`;
  const gain = `the map before would have served a log loss ${Math.abs(loss.gain).toFixed(4)} ± ${loss.se.toFixed(4)}`;
  const compared = `over ${n} jobs ${gain} ${loss.gain > 0 ? 'lower' : 'higher'}`;
  return standing === 'worse' ? `${compared}: it comes back` : `${compared}; ${stays}`;
}
