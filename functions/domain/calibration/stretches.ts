/** A sample divided into stretches of time, with the room to do it again and again. */
export interface Stretches {
  /** How many stretches hold a job. */
  count: number;
  /** The stretch of each job: a number that rises with time. */
  readonly of: Uint32Array;
  /** The jobs of the sample, one stretch after the other, within a stretch as in the sample. */
  readonly order: Uint32Array;
  /** Where in `order` each stretch ends. */
  readonly ends: Uint32Array;
  /** One number a stretch or a job, for whoever sums over them. */
  readonly sums: Float64Array;
  readonly places: Uint32Array;
}

/** Most of a year in hours: a sample that spans more is of so quiet a cluster that the slower way costs nothing. */
const COUNTED = 8192;
const HOUR = 3600;

/** Room for samples of at most `capacity` jobs. */
export function stretchesFor(capacity: number): Stretches {
  return {
    count: 0,
    of: new Uint32Array(capacity),
    order: new Uint32Array(capacity),
    ends: new Uint32Array(capacity),
    sums: new Float64Array(capacity),
    places: new Uint32Array(COUNTED),
  };
}

/**
 * Divides jobs by their time of submission into stretches that share their queue and so their fate (CALIBRATION.md
 * section 1): a twentieth of the span of the sample each, from T to an hour, counted from the epoch.
 *
 * @param submittedAt seconds since the epoch
 * @param longWaitSeconds T
 * @returns false where a time is not a number: then nothing was divided
 */
export function divide(submittedAt: Float64Array, longWaitSeconds: number, into: Stretches): boolean {
  const n = submittedAt.length;
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const time = submittedAt[i] ?? 0;
    if (time < first) first = time;
    if (time > last) last = time;
    sum += time;
  }
  if (!Number.isFinite(sum)) return false;
  const length = stretchLength(last - first, longWaitSeconds);
  const start = stretchOf(first, length);
  const range = stretchOf(last, length) - start + 1;
  if (range > COUNTED) {
    for (let i = 0; i < n; i++) into.sums[i] = stretchOf(submittedAt[i] ?? 0, length);
    bySorting(n, into);
    return true;
  }
  for (let i = 0; i < n; i++) into.of[i] = stretchOf(submittedAt[i] ?? 0, length) - start;
  byCounting(n, range, into);
  return true;
}

/** Length of a stretch in seconds, for samples that span so many: a twentieth, from T to an hour. */
export function stretchLength(span: number, longWaitSeconds: number): number {
  return Math.min(HOUR, Math.max(longWaitSeconds, span / 20));
}

/** floor(time / length) of the exact quotient: where the double rounds up to a whole number, one too many would come out. */
export function stretchOf(time: number, length: number): number {
  const quotient = time / length;
  const stretch = Math.floor(quotient);
  return quotient === stretch && time % length > length / 2 ? stretch - 1 : stretch;
}

function byCounting(n: number, range: number, into: Stretches): void {
  const { of, places, order, ends } = into;
  places.fill(0, 0, range);
  for (let i = 0; i < n; i++) {
    const stretch = of[i] ?? 0;
    places[stretch] = (places[stretch] ?? 0) + 1;
  }
  let end = 0;
  let count = 0;
  for (let stretch = 0; stretch < range; stretch++) {
    const size = places[stretch] ?? 0;
    if (size === 0) continue;
    places[stretch] = end;
    end += size;
    ends[count] = end;
    count += 1;
  }
  for (let i = 0; i < n; i++) {
    const stretch = of[i] ?? 0;
    const place = places[stretch] ?? 0;
    order[place] = i;
    places[stretch] = place + 1;
  }
  into.count = count;
}

function bySorting(n: number, into: Stretches): void {
  const { of, sums: keys, order, ends } = into;
  for (let i = 0; i < n; i++) order[i] = i;
  const sorted = order.subarray(0, n).sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0) || a - b);
  let count = 0;
  for (let j = 0; j < n; j++) {
    const i = sorted[j] ?? 0;
    of[i] = count;
    if (j + 1 < n && keys[i] === keys[sorted[j + 1] ?? 0]) continue;
    ends[count] = j + 1;
    count += 1;
  }
  into.count = count;
}
