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

/** Forgets everything. */
export function clearOutcomes(ring: OutcomeRing): void {
  ring.q.fill(0);
  ring.y.fill(0);
  ring.head = 0;
  ring.size = 0;
}

export function pushOutcome(ring: OutcomeRing, q: number, y: 0 | 1): void {
  ring.q[ring.head] = Math.round(q * STEPS);
  ring.y[ring.head] = y;
  ring.head = (ring.head + 1) % ring.q.length;
  if (ring.size < ring.q.length) ring.size += 1;
}

/**
 * The newest `count` outcomes as columns sorted by q, ties oldest first. A radix sort on the two bytes of q: it is
 * stable, and the fold does this every tenth label.
 */
export function sortedOutcomes(ring: OutcomeRing, count: number): { p: Float64Array; y: Uint8Array } {
  const capacity = ring.q.length;
  const n = Math.min(count, ring.size);
  const start = ring.head - n + capacity;
  let slots = new Uint16Array(n);
  for (let age = 0; age < n; age++) slots[age] = (start + age) % capacity;
  slots = byByte(ring.q, byByte(ring.q, slots, 0), 8);
  const p = new Float64Array(n);
  const y = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    const slot = slots[i] ?? 0;
    p[i] = (ring.q[slot] ?? 0) / STEPS;
    y[i] = ring.y[slot] ?? 0;
  }
  return { p, y };
}

function byByte(values: Uint16Array, slots: Uint16Array<ArrayBuffer>, shift: number): Uint16Array<ArrayBuffer> {
  const next = new Uint16Array(257);
  for (let i = 0; i < slots.length; i++) {
    const bucket = ((values[slots[i] ?? 0] ?? 0) >> shift) & 255;
    next[bucket + 1] = (next[bucket + 1] ?? 0) + 1;
  }
  for (let bucket = 1; bucket <= 256; bucket++) next[bucket] = (next[bucket] ?? 0) + (next[bucket - 1] ?? 0);
  const result = new Uint16Array(slots.length);
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i] ?? 0;
    const bucket = ((values[slot] ?? 0) >> shift) & 255;
    const at = next[bucket] ?? 0;
    result[at] = slot;
    next[bucket] = at + 1;
  }
  return result;
}
