/** A sample divided into stretches of time, with reusable scratch space. */
export interface Stretches {
  /** Number of non-empty stretches. */
  count: number;
  /** The stretch of each job, numbered in order of time. */
  readonly of: Uint32Array;
  /** The jobs grouped by stretch, in sample order within each. */
  readonly order: Uint32Array;
  /** Where in `order` each stretch ends. */
  readonly ends: Uint32Array;
  /** One number per stretch or job, for callers that sum over them. */
  readonly sums: Float64Array;
  readonly places: Uint32Array;
}

/** Almost a year in hours: a sample that spans more comes from so quiet a cluster that sorting costs nothing. */
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
 * Divides jobs by submission time into stretches that share a queue and thus a fate (CALIBRATION.md section 1). Each is a
 * twentieth of the sample's span, but between T and an hour, counted from the epoch.
 *
 * @param submittedAt seconds since the epoch
 * @param longWaitSeconds T
 * @returns false if a time is NaN: then nothing is divided
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

/** Length of a stretch in seconds: a twentieth of the span, but between T and an hour. */
export function stretchLength(span: number, longWaitSeconds: number): number {
  return Math.min(HOUR, Math.max(longWaitSeconds, span / 20));
}

/** floor(time / length) of the exact quotient: a double that rounds up to a whole number would give one too many. */
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
