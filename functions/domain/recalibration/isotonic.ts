import type { Knots } from '../../../schemas/items/ledger.ts';
import type { Pair } from '../calibration/bins.ts';
import { MOST_KNOTS } from '../calibration/map.ts';
import { clip } from '../calibration/normal.ts';
import { RECALIBRATION } from './numbers.ts';

/** One level of a monotone step function: every p from `from` to `to` had `mean` long waits on average. */
export interface Level {
  readonly from: number;
  readonly to: number;
  readonly mean: number;
  readonly count: number;
}

/** No map is ever certain: the experts behind it could not take it back. */
const LEAST = 0.001;

/**
 * Isotonic regression of labels on p by pooling adjacent violators: the non-decreasing step function with the smallest
 * squared error. Ties in p are averaged first. (Ayer et al. 1955; Barlow et al. 1972.)
 *
 * @throws RangeError when anything is not a probability
 */
export function poolAdjacentViolators(pairs: readonly Pair[]): Level[] {
  for (const { p } of pairs) if (!(p >= 0 && p <= 1)) throw new RangeError('a map is fitted on probabilities only');
  const sorted = [...pairs].sort((a, b) => a.p - b.p);
  const levels: Level[] = [];
  for (let i = 0; i < sorted.length; ) {
    const p = sorted[i]?.p ?? 0;
    let count = 0;
    let positives = 0;
    for (; i < sorted.length && sorted[i]?.p === p; i++) {
      count += 1;
      positives += sorted[i]?.y ?? 0;
    }
    let level: Level = { from: p, to: p, mean: positives / count, count };
    for (let below = levels.at(-1); below !== undefined && below.mean >= level.mean; below = levels.at(-1)) {
      level = pooled(below, level);
      levels.pop();
    }
    levels.push(level);
  }
  return levels;
}

/** At most `most` levels of at least `mass` labels each: neighbours are pooled, those whose difference costs least first. */
export function coarsened(levels: readonly Level[], most: number, mass: number): Level[] {
  const left = [...levels];
  while (left.length > 1) {
    const crowded = left.length > most;
    let cheapest = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i + 1 < left.length; i++) {
      const [below, above] = [left[i], left[i + 1]];
      if (below === undefined || above === undefined) continue;
      if (!crowded && below.count >= mass && above.count >= mass) continue;
      const cost = ((below.count * above.count) / (below.count + above.count)) * (above.mean - below.mean) ** 2;
      if (cost >= least) continue;
      least = cost;
      cheapest = i;
    }
    const [below, above] = [left[cheapest], left[cheapest + 1]];
    if (below === undefined || above === undefined) break;
    left.splice(cheapest, 2, pooled(below, above));
  }
  return left;
}

/** Both ends of every level, with straight lines between levels, held away from 0 and 1. */
export function knotsOf(levels: readonly Level[]): Knots {
  return levels.flatMap(({ from, to, mean }) => {
    const q = clip(mean, LEAST, 1 - LEAST);
    return from === to ? [[from, q] satisfies [number, number]] : [[from, q] satisfies [number, number], [to, q]];
  });
}

/** The map that a sample asks for, small enough to be stored in the state; null for an empty sample. */
export function fitIsotonic(pairs: readonly Pair[]): Knots | null {
  const levels = coarsened(poolAdjacentViolators(pairs), MOST_KNOTS / 2, RECALIBRATION.mass);
  return levels.length === 0 ? null : knotsOf(levels);
}

function pooled(below: Level, above: Level): Level {
  const count = below.count + above.count;
  const mean = (below.mean * below.count + above.mean * above.count) / count;
  return { from: below.from, to: above.to, mean, count };
}
