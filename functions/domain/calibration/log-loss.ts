import { clip } from './normal.ts';

/** A single certain mistake must not decide a comparison: probabilities that are compared are held the same way. */
const FLOOR = 0.001;

/** -log of the probability that was given to what happened, in nats. */
export function lossOf(q: number, y: number): number {
  const held = clip(q, FLOOR, 1 - FLOOR);
  return -Math.log(y === 1 ? held : 1 - held);
}
