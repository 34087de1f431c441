/**
 * A ring of labels that holds a uniform sample of each stretch of time, at most `quota` of it (CALIBRATION.md section 5; Vitter's
 * reservoir with one draw a label): so it spans many stretches even on a cluster that submits 500 jobs at once, and one array
 * silences nobody. What a label is kept in stands in further columns beside `at`, by slot.
 */
export interface SampledRing {
  /** Times of submission in seconds, by slot. */
  readonly at: Float64Array;
  /** The slot that the next appended label takes. */
  head: number;
  size: number;
  /** Labels offered of each of the newest two stretches; unused places hold -1. */
  readonly stretches: Float64Array;
  readonly offered: Float64Array;
}

export function sampledRing(capacity: number): SampledRing {
  const two = { stretches: new Float64Array(2).fill(-1), offered: new Float64Array(2) };
  return { at: new Float64Array(capacity), head: 0, size: 0, ...two };
}

/** A label as it is offered to a ring. Times in seconds. */
export interface Offered {
  readonly submittedAt: number;
  readonly labelAt: number;
  /** The round's own number in the lottery of the rings, in [0, 1); read only where it is needed. */
  readonly draw: number;
}

/** The label is not taken. */
export const LEFT_OUT = -1;

/**
 * Finds the slot of one offered label, and takes it: a new or the oldest one, or that of another label of its stretch.
 *
 * @param length of a stretch, in seconds
 * @returns the slot, or LEFT_OUT
 */
export function takeSlot(ring: SampledRing, label: Offered, length: number, quota: number): number {
  const stretch = Math.floor(label.submittedAt / length);
  const now = Math.floor(label.labelAt / length);
  // A label is known within T of its submission: an older one is late for good, a newer one has a clock that is wrong.
  if (!isTime(label.submittedAt) || (stretch !== now && stretch !== now - 1)) return LEFT_OUT;
  const c = countOffer(ring, stretch);
  const slot = c <= quota ? append(ring) : replaced(ring, stretch, length, (label.draw * c) / quota);
  if (slot !== LEFT_OUT) ring.at[slot] = keptTime(label.submittedAt);
  return slot;
}

/** A hundred thousand years: milliseconds within it, and their differences, are exact in a double. */
const FARTHEST = 4e12;

/** What is no time would stay in the ring for good, and beside it no ECE can be computed. */
function isTime(seconds: number): boolean {
  return Math.abs(seconds) <= FARTHEST;
}

/** To the millisecond, as events have it and as it comes back from the stored state. */
function keptTime(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

/** @returns the how-manieth label of its stretch this is, from 1 */
function countOffer({ stretches, offered }: SampledRing, stretch: number): number {
  for (let i = 0; i < 2; i++) {
    if (stretches[i] !== stretch) continue;
    const count = (offered[i] ?? 0) + 1;
    offered[i] = count;
    return count;
  }
  const lower = (stretches[0] ?? 0) <= (stretches[1] ?? 0) ? 0 : 1;
  // Of three stretches the lowest is forgotten, which may be the new one: a straggler then counts from 1 again.
  if (stretch < (stretches[lower] ?? 0)) return 1;
  stretches[lower] = stretch;
  offered[lower] = 1;
  return 1;
}

function append(ring: SampledRing): number {
  const capacity = ring.at.length;
  const slot = ring.head;
  ring.head = slot + 1 === capacity ? 0 : slot + 1;
  if (ring.size < capacity) ring.size += 1;
  return slot;
}

/** The slot of the label of this stretch, in ring order, that stands at `share` of them; none where `share` is 1 or more. */
function replaced(ring: SampledRing, stretch: number, length: number, share: number): number {
  if (!(share < 1)) return LEFT_OUT;
  const { at, head, size } = ring;
  const capacity = at.length;
  // Times are kept to the millisecond, so that comparing them says the same as dividing each.
  const from = stretch * length;
  const to = from + length;
  let held = 0;
  for (let i = 0; i < size; i++) {
    const time = at[i] ?? 0;
    if (time >= from && time < to) held += 1;
  }
  let left = Math.floor(share * held);
  let slot = size < capacity ? 0 : head;
  for (let age = 0; age < size; age++) {
    const time = at[slot] ?? 0;
    if (time >= from && time < to) {
      if (left === 0) return slot;
      left -= 1;
    }
    slot = slot + 1 === capacity ? 0 : slot + 1;
  }
  return LEFT_OUT;
}
