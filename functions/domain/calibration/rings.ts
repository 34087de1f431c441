import type { RunningSums } from './ece.ts';

/** The last answers to a yes-or-no question; `ones` is kept so that the mean costs nothing. */
export interface BitRing {
  readonly bits: Uint8Array;
  head: number;
  size: number;
  ones: number;
}

export function bitRing(capacity: number): BitRing {
  return { bits: new Uint8Array(capacity), head: 0, size: 0, ones: 0 };
}

export function pushBit(ring: BitRing, bit: 0 | 1): void {
  if (ring.size === ring.bits.length) ring.ones -= ring.bits[ring.head] ?? 0;
  else ring.size += 1;
  ring.bits[ring.head] = bit;
  ring.ones += bit;
  ring.head = (ring.head + 1) % ring.bits.length;
}

/**
 * The last served probabilities, in 65,535ths, with their labels. The order by probability follows from them and is kept
 * beside them, because the fold asks for it every tenth label.
 */
export interface OutcomeRing {
  readonly q: Uint16Array;
  readonly y: Uint8Array;
  head: number;
  size: number;
  /** The first `size` are the slots in use, sorted by q, equal ones oldest first. */
  readonly order: Uint16Array;
}

const STEPS = 65_535;
/** Multiplying is four times as fast as dividing, and exact at both ends. */
const STEP = 1 / STEPS;

export function outcomeRing(capacity: number): OutcomeRing {
  const [q, y, order] = [new Uint16Array(capacity), new Uint8Array(capacity), new Uint16Array(capacity)];
  return { q, y, head: 0, size: 0, order };
}

/** Forgets everything. */
export function clearOutcomes(ring: OutcomeRing): void {
  ring.q.fill(0);
  ring.y.fill(0);
  ring.order.fill(0);
  ring.head = 0;
  ring.size = 0;
}

export function pushOutcome(ring: OutcomeRing, probability: number, y: 0 | 1): void {
  const { q, order, head } = ring;
  const value = Math.round(probability * STEPS);
  // A full ring gives up its oldest slot, which is the first of its equals; otherwise there is room at the end.
  const full = ring.size === q.length;
  const gone = full ? firstAtLeast(ring, q[head] ?? 0) : ring.size;
  const after = firstAtLeast(ring, value + 1);
  if (after <= gone) {
    order.copyWithin(after + 1, after, gone);
    order[after] = head;
  } else {
    order.copyWithin(gone, gone + 1, after);
    order[after - 1] = head;
  }
  q[head] = value;
  ring.y[head] = y;
  ring.head = head + 1 === q.length ? 0 : head + 1;
  if (!full) ring.size += 1;
}

/** Sorts the slots anew, where q, head and size were filled in from elsewhere. */
export function orderOutcomes(ring: OutcomeRing): void {
  const capacity = ring.q.length;
  const oldest = ring.head - ring.size + capacity;
  const keys = new Uint32Array(ring.size);
  for (let age = 0; age < keys.length; age++) keys[age] = (ring.q[(oldest + age) % capacity] ?? 0) * 65_536 + age;
  keys.sort();
  for (let i = 0; i < keys.length; i++) ring.order[i] = (oldest + ((keys[i] ?? 0) & 65_535)) % capacity;
}

/** Where the slots in order reach a value. */
function firstAtLeast({ q, order, size }: OutcomeRing, value: number): number {
  let low = 0;
  let high = size;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((q[order[middle] ?? 0] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Running sums over all outcomes, and over the newest `count` of them, into room that is there already. The fold
 * spends more time here than anywhere else, hence the locals.
 */
export function sumOutcomes(ring: OutcomeRing, count: number, all: RunningSums, newest: RunningSums): void {
  const { q, y, order, size } = ring;
  const capacity = q.length;
  const last = ring.head - 1;
  const { p: allP, positives: allPositives, variance: allVariance } = all;
  const { p: newP, positives: newPositives, variance: newVariance } = newest;
  let p = 0;
  let positives = 0;
  let variance = 0;
  let pOfNew = 0;
  let positivesOfNew = 0;
  let varianceOfNew = 0;
  let n = 0;
  for (let i = 0; i < size; i++) {
    const slot = order[i] ?? 0;
    const value = (q[slot] ?? 0) * STEP;
    const label = y[slot] ?? 0;
    const spread = value * (1 - value);
    p += value;
    positives += label;
    variance += spread;
    allP[i + 1] = p;
    allPositives[i + 1] = positives;
    allVariance[i + 1] = variance;
    const younger = last - slot;
    if ((younger < 0 ? younger + capacity : younger) >= count) continue;
    n += 1;
    pOfNew += value;
    positivesOfNew += label;
    varianceOfNew += spread;
    newP[n] = pOfNew;
    newPositives[n] = positivesOfNew;
    newVariance[n] = varianceOfNew;
  }
  all.n = size;
  newest.n = n;
}
