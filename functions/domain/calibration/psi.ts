const BINS = 10;
const SAMPLE = 1000;
/** Half a label per bin, so that a bin empty on one side does not make the index infinite. */
const EMPTY = 0.5;
/** Until the edges are known, raw probabilities are kept in 65,535ths. */
export const RAW_STEPS = 65_535;

/**
 * How far the distribution of VGAC's probabilities has moved from the first 1,000 since the start or the last promotion
 * (population stability index). It shows a shift of the *inputs* before any label can; it is displayed and gates nothing.
 */
export interface RawShift {
  /** The first values in any order, until there are enough to bin them; unused afterwards. */
  readonly first: Uint16Array;
  collected: number;
  /** Upper ends of the first nine bins, inclusive. */
  readonly edges: Float64Array;
  readonly expected: Uint16Array;
  /** Bin of each of the newest values since. */
  readonly newest: Uint8Array;
  head: number;
  size: number;
  readonly counts: Uint16Array;
}

export function rawShift(): RawShift {
  return {
    first: new Uint16Array(SAMPLE),
    collected: 0,
    edges: new Float64Array(BINS - 1),
    expected: new Uint16Array(BINS),
    newest: new Uint8Array(SAMPLE),
    head: 0,
    size: 0,
    counts: new Uint16Array(BINS),
  };
}

/** Starts over: later values are compared with a new model or map. */
export function restartShift(shift: RawShift): void {
  Object.assign(shift, { collected: 0, head: 0, size: 0 });
  for (const column of [shift.first, shift.edges, shift.expected, shift.newest, shift.counts]) column.fill(0);
}

/** Notes one raw probability. */
export function noteRaw(shift: RawShift, p: number): void {
  const steps = Math.round(p * RAW_STEPS);
  if (shift.collected < SAMPLE) {
    shift.first[shift.collected] = steps;
    shift.collected += 1;
    if (shift.collected === SAMPLE) drawEdges(shift);
    return;
  }
  const bin = binOf(shift, steps);
  if (shift.size === SAMPLE) subtract(shift.counts, shift.newest[shift.head] ?? 0);
  else shift.size += 1;
  shift.newest[shift.head] = bin;
  shift.head = shift.head + 1 === SAMPLE ? 0 : shift.head + 1;
  shift.counts[bin] = (shift.counts[bin] ?? 0) + 1;
}

/** The index, from 0; .10 is noticeable. Null until the first 1,000 and another 1,000 values are known. */
export function psiOf({ size, expected, counts }: RawShift): number | null {
  if (size < SAMPLE) return null;
  let psi = 0;
  for (let bin = 0; bin < BINS; bin++) {
    const [before, now] = [expected[bin] ?? 0, counts[bin] ?? 0];
    // With many equal values a bin may be empty on both sides.
    if (before === 0 && now === 0) continue;
    const [a, b] = [Math.max(before, EMPTY) / SAMPLE, Math.max(now, EMPTY) / SAMPLE];
    psi += (b - a) * Math.log(b / a);
  }
  return psi;
}

/** How many more jobs the index needs. */
export function psiNeeds({ collected, size }: RawShift): number {
  return SAMPLE - collected + (SAMPLE - size);
}

function drawEdges(shift: RawShift): void {
  const sorted = Uint16Array.from(shift.first).sort();
  for (let k = 1; k < BINS; k++) shift.edges[k - 1] = sorted[Math.ceil((k * SAMPLE) / BINS) - 1] ?? 0;
  for (const steps of sorted) {
    const bin = binOf(shift, steps);
    shift.expected[bin] = (shift.expected[bin] ?? 0) + 1;
  }
  shift.first.fill(0);
}

function binOf({ edges }: RawShift, steps: number): number {
  let bin = 0;
  while (bin < BINS - 1 && steps > (edges[bin] ?? 0)) bin += 1;
  return bin;
}

function subtract(counts: Uint16Array, bin: number): void {
  counts[bin] = (counts[bin] ?? 0) - 1;
}
