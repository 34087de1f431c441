import type { Learned } from '../forecast/state.ts';
import { NUMBERS, type Numbers } from '../thresholds.ts';
import { Compared, type Comparison } from './comparison.ts';
import type { Fact } from './fact.ts';
import { type Gain, gainOf, isBeyondNoise } from './gain.ts';
import { play } from './play.ts';

/** `watching` too early to say · `held` it has proven itself · `worse` what was learned before it has to come back. */
export type Standing = 'watching' | 'held' | 'worse';

export interface Watched {
  readonly standing: Standing;
  /** Jobs that were decided since it was promoted, and have their label. */
  readonly n: number;
  /** What the state before would have gained; null where there is too little to tell. */
  readonly gain: Gain | null;
  readonly comparison: Comparison;
}

/**
 * Whether a promoted refit has turned out worse than what was learned before it: that, played on over the same rounds, against what
 * was served to them. The last look is the test by which it was promoted.
 *
 * @param facts of the ledger since the promotion, in its order
 * @param before what was in force until then; played on in place, as it is to come back
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

/** What a look at a promoted refit has shown. */
export function watchedInWords({ standing, n, gain }: Omit<Watched, 'comparison'>): string {
  const { labels } = NUMBERS.recalibration.watch;
  if (gain === null)
    return `the refit has served ${n} jobs with a label, in too few stretches of time or too few to tell`;
  const loss = `${Math.abs(gain.gain).toFixed(4)} ± ${gain.se.toFixed(4)} ${gain.gain > 0 ? 'lower' : 'higher'}`;
  const compared = `over ${n} jobs the models before would have had a log loss ${loss}`;
  if (standing === 'worse') return `${compared}: they come back`;
  return `${compared}; ${standing === 'held' ? 'the refit stays' : `it is watched until ${labels} jobs`}`;
}
