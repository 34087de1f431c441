/**
 * Quantile bins (CALIBRATION.md section 1): edges are linearly interpolated quantiles of the probabilities, and a
 * probability at an edge belongs to its left. Equal probabilities always share a bin and the order of rows never matters,
 * which bins of equal size cannot promise.
 */

/**
 * The inner quantiles of the 15 bins that people are shown, as scikit-learn's `calibration_curve(strategy='quantile')`
 * has numpy make them. The detour by percent is its own: without it an edge moves by a rounding error, and with the edge
 * all the probabilities that are tied there.
 */
export const DISPLAY_QUANTILES: Float64Array = Float64Array.from(
  { length: 14 },
  (_, k) => ((k + 1) * (1 / 15) * 100) / 100,
);

/** The inner quantiles of the 10 bins that decisions rest on. */
export const DECISION_QUANTILES: Float64Array = Float64Array.from({ length: 9 }, (_, k) => ((k + 1) * 10) / 100);

/** Between the neighbours `below <= above` at part `t` from 0 to 1: `numpy.percentile`, operation by operation. */
function between(below: number, above: number, t: number): number {
  const step = above - below;
  return t >= 0.5 ? above - step * (1 - t) : below + step * t;
}

/**
 * Where each bin ends, counted in probabilities; two equal ends are an empty bin.
 *
 * @param n how many probabilities there are, at least one
 * @param sorted the one at a place from 0 in ascending order
 * @param quantiles inner quantiles in ascending order
 * @param ends filled: one more than there are quantiles
 */
export function binEnds(
  n: number,
  sorted: (place: number) => number,
  quantiles: Float64Array,
  ends: Uint32Array,
): Uint32Array {
  let end = 0;
  for (let k = 0; k < quantiles.length; k++) {
    const position = (n - 1) * (quantiles[k] ?? 0);
    const at = Math.floor(position);
    const edge = between(sorted(at), sorted(Math.min(at + 1, n - 1)), position - at);
    // All up to `at` are at or below the edge; what is tied with it follows.
    if (end <= at) end = at + 1;
    while (end < n && sorted(end) <= edge) end += 1;
    ends[k] = end;
  }
  ends[quantiles.length] = n;
  return ends;
}
