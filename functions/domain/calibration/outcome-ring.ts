import { NUMBERS, type Numbers, OUTCOME_RING } from '../thresholds.ts';
import type { EvaluationRoom } from './evaluation-room.ts';
import { LEFT_OUT, type Offered, type SampledRing, sampledRing, takeSlot } from './sampled-ring.ts';

/**
 * The last served probabilities with their labels. The order by probability follows from them and is kept beside them,
 * because the ECE is asked for every tenth label.
 */
export interface OutcomeRing extends SampledRing {
  readonly q: Float64Array;
  readonly y: Uint8Array;
  /** The first `size` are the slots in use, sorted by q; of equal ones the order says nothing. */
  readonly order: Uint16Array;
  /** Made by the first evaluation, and no part of what the ring knows. */
  room: EvaluationRoom | null;
}

/**
 * A probability is kept in 3 bytes. In 2, probabilities that differ would be tied here and there, and a tie at the edge of a bin
 * moves the ECE by more than the limits leave room for.
 */
const STEPS = 2 ** 24 - 1;

export function outcomeRing(): OutcomeRing {
  const { size } = OUTCOME_RING;
  const columns = { q: new Float64Array(size), y: new Uint8Array(size), order: new Uint16Array(size) };
  return { ...sampledRing(size), ...columns, room: null };
}

/** A probability in the steps in which it is kept, and back. */
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

/** Sorts the slots anew, where the columns were filled in from elsewhere. */
export function orderOutcomes({ q, order, size }: OutcomeRing): void {
  const slots = Array.from({ length: size }, (_, slot) => slot);
  slots.sort((a, b) => (q[a] ?? 0) - (q[b] ?? 0) || a - b);
  order.set(slots);
}

/** Puts a slot before the place `to`, taking it from the place `from`, which is the end for one that was not in use. */
function move({ order }: OutcomeRing, slot: number, { from, to }: { from: number; to: number }): void {
  if (to <= from) {
    order.copyWithin(to + 1, to, from);
    order[to] = slot;
  } else {
    order.copyWithin(from, from + 1, to);
    order[to - 1] = slot;
  }
}

/** Where a slot in use stands. */
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

/** Where the first of the slots in use stands that has a larger value. */
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
