/** Most knots a map may have: with 16 bytes a knot it fits into the state and, written out, into 2 KB. */
export const MOST_KNOTS = 32;

/** A monotone map of probabilities: knots in ascending x, straight lines between them, flat beyond the ends. */
export interface IsotonicMap {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** The map of some knots (p, q); null, which serves p itself, for none. */
export function mapOf(knots: readonly (readonly [number, number])[] | null): IsotonicMap | null {
  if (knots === null || knots.length === 0) return null;
  return { x: Float64Array.from(knots, ([x]) => x), y: Float64Array.from(knots, ([, y]) => y) };
}

/** VGAC's p after a map (CALIBRATION.md section 7); p itself where there is none. */
export function throughMap(map: IsotonicMap | null, p: number): number {
  if (map === null) return p;
  const { x, y } = map;
  const last = x.length - 1;
  if (p <= (x[0] ?? 0)) return y[0] ?? p;
  if (p >= (x[last] ?? 1)) return y[last] ?? p;
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((x[middle] ?? 0) <= p) low = middle;
    else high = middle;
  }
  const [x0, x1, y0, y1] = [x[low] ?? 0, x[high] ?? 1, y[low] ?? 0, y[high] ?? 1];
  return Math.min(y1, y0 + ((y1 - y0) * (p - x0)) / (x1 - x0));
}
