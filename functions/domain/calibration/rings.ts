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

/** The last served probabilities, in 65,535ths, with their labels. */
export interface OutcomeRing {
  readonly q: Uint16Array;
  readonly y: Uint8Array;
  head: number;
  size: number;
}

const STEPS = 65_535;

export function outcomeRing(capacity: number): OutcomeRing {
  return { q: new Uint16Array(capacity), y: new Uint8Array(capacity), head: 0, size: 0 };
}

export function pushOutcome(ring: OutcomeRing, q: number, y: 0 | 1): void {
  ring.q[ring.head] = Math.round(q * STEPS);
  ring.y[ring.head] = y;
  ring.head = (ring.head + 1) % ring.q.length;
  if (ring.size < ring.q.length) ring.size += 1;
}

/** Outcomes sorted by q, ties oldest first; the first `n` of each column count. */
export interface SortedOutcomes {
  n: number;
  readonly p: Float64Array;
  readonly y: Uint8Array;
  /** 0 is the oldest in the ring. */
  readonly age: Uint16Array;
}

export function sortedOutcomes(capacity: number): SortedOutcomes {
  return { n: 0, p: new Float64Array(capacity), y: new Uint8Array(capacity), age: new Uint16Array(capacity) };
}

let keys = new Uint32Array(0);
let sortedKeys = new Uint32Array(0);
const starts = new Uint16Array(257);

/**
 * Sorts the ring into columns that have room for it. A radix sort on the two bytes of q: it is stable, and the fold does
 * this every tenth label, so nothing is allocated.
 */
export function sortOutcomes(ring: OutcomeRing, into: SortedOutcomes): void {
  const capacity = ring.q.length;
  const n = ring.size;
  if (keys.length < capacity) {
    keys = new Uint32Array(capacity);
    sortedKeys = new Uint32Array(capacity);
  }
  const start = ring.head - n + capacity;
  for (let age = 0; age < n; age++) keys[age] = (ring.q[(start + age) % capacity] ?? 0) * 65_536 + age;
  byByte(keys, sortedKeys, n, 16);
  byByte(sortedKeys, keys, n, 24);
  into.n = n;
  for (let i = 0; i < n; i++) {
    const key = keys[i] ?? 0;
    const age = key & 65_535;
    into.age[i] = age;
    into.p[i] = (key >>> 16) / STEPS;
    into.y[i] = ring.y[(start + age) % capacity] ?? 0;
  }
}

/** The newest `count` of sorted outcomes, in the same order. */
export function newestOf(all: SortedOutcomes, count: number, into: SortedOutcomes): void {
  const oldest = all.n - Math.min(count, all.n);
  let n = 0;
  for (let i = 0; i < all.n; i++) {
    if ((all.age[i] ?? 0) < oldest) continue;
    into.p[n] = all.p[i] ?? 0;
    into.y[n] = all.y[i] ?? 0;
    into.age[n] = all.age[i] ?? 0;
    n += 1;
  }
  into.n = n;
}

function byByte(from: Uint32Array, to: Uint32Array, n: number, shift: number): void {
  starts.fill(0);
  for (let i = 0; i < n; i++) {
    const bucket = ((from[i] ?? 0) >>> shift) & 255;
    starts[bucket + 1] = (starts[bucket + 1] ?? 0) + 1;
  }
  for (let bucket = 1; bucket <= 256; bucket++) starts[bucket] = (starts[bucket] ?? 0) + (starts[bucket - 1] ?? 0);
  for (let i = 0; i < n; i++) {
    const key = from[i] ?? 0;
    const bucket = (key >>> shift) & 255;
    const at = starts[bucket] ?? 0;
    to[at] = key;
    starts[bucket] = at + 1;
  }
}
