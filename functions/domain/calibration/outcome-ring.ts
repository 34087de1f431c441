import { NUMBERS, type Numbers, OUTCOME_RING } from '../thresholds.ts';
import type { EvaluationRoom } from './evaluation-room.ts';
import { LEFT_OUT, type Offered, type SampledRing, sampledRing, takeSlot } from './sampled-ring.ts';

/**
 * The last served probabilities with their labels. Their order by probability is kept as well, because every tenth label
 * computes the ECE.
 */
export interface OutcomeRing extends SampledRing {
  readonly q: Float64Array;
  readonly y: Uint8Array;
  /** The first `size` entries are the slots in use, sorted by q, with ties in any order. */
  readonly order: Uint16Array;
  /** Scratch space made by the first evaluation; holds no data of the ring. */
  room: EvaluationRoom | null;
}

/**
 * A probability is kept in 3 bytes. With 2, different probabilities would sometimes tie, and a tie at the edge of a bin moves
 * the ECE by more than the limits tolerate.
 */
const STEPS = 2 ** 24 - 1;

export function outcomeRing(): OutcomeRing {
  const { size } = OUTCOME_RING;
  const columns = { q: new Float64Array(size), y: new Uint8Array(size), order: new Uint16Array(size) };
  return { ...sampledRing(size), ...columns, room: null };
}

/** Converts a probability to its stored steps. */
export function stepsOf(q: number): number {
  return Math.round(q * STEPS);
}

export function fromSteps(steps: number): number {
  return steps / STEPS;
}

/** Offers one label to the ring. */
export function offerOutcome(
  ring: OutcomeRing,
  label: Offered,
  q: number,
  y: 0 | 1,
  longWaitSeconds: number,
  { outcomeRing: { quota } }: Numbers = NUMBERS,
): void {
  const inUse = ring.size;
  const slot = takeSlot(ring, label, longWaitSeconds, quota);
  if (slot === LEFT_OUT) return;
  const value = fromSteps(stepsOf(q));
  const from = ring.size > inUse ? inUse : placeInOrder(ring, slot);
  move(ring, slot, { from, to: firstAbove(ring, value, inUse) });
  ring.q[slot] = value;
  ring.y[slot] = y;
}

/** Sorts the slots after the columns were filled in directly. */
export function orderOutcomes({ q, order, size }: OutcomeRing): void {
  const slots = Array.from({ length: size }, (_, slot) => slot);
  slots.sort((a, b) => (q[a] ?? 0) - (q[b] ?? 0) || a - b);
  order.set(slots);
}

/** Moves a slot from index `from` (the end for a new slot) to just before index `to`. */
function move({ order }: OutcomeRing, slot: number, { from, to }: { from: number; to: number }): void {
  if (to <= from) {
    order.copyWithin(to + 1, to, from);
    order[to] = slot;
  } else {
    order.copyWithin(from, from + 1, to);
    order[to - 1] = slot;
  }
}

/** The index of a slot in use. */
function placeInOrder(ring: OutcomeRing, slot: number): number {
  const { q, order, size } = ring;
  const value = q[slot] ?? 0;
  let low = 0;
  let high = size;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((q[order[middle] ?? 0] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  while (order[low] !== slot) low += 1;
  return low;
}

/** The index of the first slot in use with a larger value. */
function firstAbove({ q, order }: OutcomeRing, value: number, inUse: number): number {
  let low = 0;
  let high = inUse;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((q[order[middle] ?? 0] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
