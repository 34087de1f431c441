/**
 * A ring of labels that holds a uniform sample of at most `quota` labels from each stretch of time (CALIBRATION.md section 5;
 * Vitter's reservoir with one draw per label). It spans many stretches even if a cluster submits 500 jobs at once, so that one
 * array cannot crowd out everything else. The data of a label is in further columns beside `at`, by slot.
 */
export interface SampledRing {
  /** Submission times in seconds, by slot. */
  readonly at: Float64Array;
  /** The slot for the next appended label. */
  head: number;
  size: number;
  /** Labels offered from each of the two newest stretches; unused entries hold -1. */
  readonly stretches: Float64Array;
  readonly offered: Float64Array;
}

export function sampledRing(capacity: number): SampledRing {
  const two = { stretches: new Float64Array(2).fill(-1), offered: new Float64Array(2) };
  return { at: new Float64Array(capacity), head: 0, size: 0, ...two };
}

/** A label offered to a ring. Times in seconds. */
export interface Offered {
  readonly submittedAt: number;
  readonly labelAt: number;
  /** The round's draw for the rings, in [0, 1); read only when needed. */
  readonly draw: number;
}

/** The label is not taken. */
export const LEFT_OUT = -1;

/**
 * Finds and takes the slot for an offered label: a free one, the oldest, or that of another label of its stretch.
 *
 * @param length of a stretch, in seconds
 * @returns the slot, or LEFT_OUT
 */
export function takeSlot(ring: SampledRing, label: Offered, length: number, quota: number): number {
  const stretch = Math.floor(label.submittedAt / length);
  const now = Math.floor(label.labelAt / length);
  // A label is known within T of its submission: an older one is too late, and a newer one comes from a wrong clock.
  if (!isTime(label.submittedAt) || (stretch !== now && stretch !== now - 1)) return LEFT_OUT;
  const c = countOffer(ring, stretch);
  const slot = c <= quota ? append(ring) : replaced(ring, stretch, length, (label.draw * c) / quota);
  if (slot !== LEFT_OUT) ring.at[slot] = keptTime(label.submittedAt);
  return slot;
}

/** A hundred thousand years: milliseconds within it, and their differences, are exact in a double. */
const FARTHEST = 4e12;

/** An invalid time would stay in the ring forever and make every ECE null. */
function isTime(seconds: number): boolean {
  return Math.abs(seconds) <= FARTHEST;
}

/** Rounded to the millisecond, the precision of events and of the stored state. */
function keptTime(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

/** @returns the ordinal of this label within its stretch, from 1 */
function countOffer({ stretches, offered }: SampledRing, stretch: number): number {
  for (let i = 0; i < 2; i++) {
    if (stretches[i] !== stretch) continue;
    const count = (offered[i] ?? 0) + 1;
    offered[i] = count;
    return count;
  }
  const lower = (stretches[0] ?? 0) <= (stretches[1] ?? 0) ? 0 : 1;
  // Only two stretches are counted: the oldest of three is dropped, even if it is the new one; a straggler then counts from 1.
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

/** The slot of the stretch's label at fraction `share` in ring order; none if `share` is 1 or more. */
function replaced(ring: SampledRing, stretch: number, length: number, share: number): number {
  if (!(share < 1)) return LEFT_OUT;
  const { at, head, size } = ring;
  const capacity = at.length;
  // Times are rounded to the millisecond, so comparing them is equivalent to dividing each.
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
