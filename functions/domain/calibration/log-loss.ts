import { clip } from './normal.ts';

/** Compared probabilities are clamped alike, so that a single confident mistake cannot decide the comparison. */
const FLOOR = 0.001;

/** -log of the probability given to what happened, in nats. */
export function lossOf(q: number, y: number): number {
  const held = clip(q, FLOOR, 1 - FLOOR);
  return -Math.log(y === 1 ? held : 1 - held);
}
