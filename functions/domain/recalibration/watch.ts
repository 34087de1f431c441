import type { Learned } from '../forecast/state.ts';
import { NUMBERS, type Numbers } from '../thresholds.ts';
import { Compared, type Comparison } from './comparison.ts';
import type { Fact } from './fact.ts';
import { type Gain, gainOf, isBeyondNoise } from './gain.ts';
import { play } from './play.ts';

/** `watching`: too early to say · `held`: it has proven itself · `worse`: the models before it must be restored. */
export type Standing = 'watching' | 'held' | 'worse';

export interface Watched {
  readonly standing: Standing;
  /** Labelled jobs decided since it was promoted. */
  readonly n: number;
  /** What the earlier models would have gained; null with too few labels. */
  readonly gain: Gain | null;
  readonly comparison: Comparison;
}

/**
 * Whether a promoted refit has turned out worse than the models before it: those, replayed over the same rounds, are compared with
 * what was served. The last check uses the same test that promoted the refit.
 *
 * @param facts of the ledger since the promotion, in order
 * @param before the models in force until then; replayed in place, since they are what a rollback restores
 * @param longWaitSeconds T of the cluster
 */
export function judgeRefit(
  facts: readonly Fact[],
  before: Learned,
  longWaitSeconds: number,
  numbers: Numbers = NUMBERS,
): Watched {
  const { z, watch } = numbers.recalibration;
  const compared = new Compared();
  play(before, facts, (label, q) => compared.add(label, q));
  const { count: n } = compared;
  const comparison = compared.comparison();
  const gain = gainOf(comparison, longWaitSeconds, numbers);
  const last = n >= watch.labels;
  const common = { n, gain, comparison };
  if (gain === null) return { standing: 'watching', ...common };
  if (isBeyondNoise(gain, last ? z : watch.earlyZ)) return { standing: 'worse', ...common };
  return { standing: last ? 'held' : 'watching', ...common };
}

/** The result of a check of a promoted refit, as a sentence. */
export function watchedInWords({ standing, n, gain }: Omit<Watched, 'comparison'>): string {
  const { labels } = NUMBERS.recalibration.watch;
  if (gain === null)
    return `the refit has served ${n} jobs with a label, in too few stretches of time or too few to tell`;
  const loss = `${Math.abs(gain.gain).toFixed(4)} ± ${gain.se.toFixed(4)} ${gain.gain > 0 ? 'lower' : 'higher'}`;
  const compared = `over ${n} jobs the models before would have had a log loss ${loss}`;
  if (standing === 'worse') return `${compared}: they come back`;
  return `${compared}; ${standing === 'held' ? 'the refit stays' : `it is watched until ${labels} jobs`}`;
}
