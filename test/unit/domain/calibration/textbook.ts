import type { Pair } from '../../../../functions/domain/calibration/bins.ts';

/**
 * The definitions of CALIBRATION.md section 1 word for word: lists, pairs of pairs, nothing shared with the real ones.
 * Slow on purpose.
 */
export function textbook(sample: readonly Pair[]) {
  const n = sample.length;
  const bins = quantileBins(sample, 15);
  const baseRate = mean(sample.map(({ y }) => y));
  const weighted = (value: (bin: readonly Pair[]) => number) => sum(bins.map((bin) => (bin.length / n) * value(bin)));
  const gap = (part: readonly Pair[]) => Math.abs(mean(part.map(({ y }) => y)) - mean(part.map(({ p }) => p)));
  const tails = [0.5, 0.6, 0.7, 0.8, 0.9]
    .map((t) => sample.filter(({ p }) => p >= t))
    .filter((tail) => tail.length >= 5);
  return {
    ece: weighted(gap),
    mce: Math.max(...bins.map(gap)),
    brier: mean(sample.map(({ p, y }) => (p - y) ** 2)),
    reliability: weighted((bin) => gap(bin) ** 2),
    resolution: weighted((bin) => (mean(bin.map(({ y }) => y)) - baseRate) ** 2),
    uncertainty: baseRate * (1 - baseRate),
    withinBin: weighted((bin) => spread(bin, 'p', 'p') - 2 * spread(bin, 'p', 'y')),
    tailGap: tails.length === 0 ? null : Math.max(...tails.map(gap)),
    auroc: chanceOfOrder(sample),
    auprc: averagePrecision(sample),
  };
}

function quantileBins(sample: readonly Pair[], count: number): Pair[][] {
  const sorted = sample.map(({ p }) => p).sort((a, b) => a - b);
  const edges = Array.from({ length: count - 1 }, (_, i) => {
    const position = (sorted.length - 1) * (((i + 1) * (1 / count) * 100) / 100);
    const t = position - Math.floor(position);
    const [a = 0, b = a] = sorted.slice(Math.floor(position));
    return t < 0.5 ? a + (b - a) * t : b - (b - a) * (1 - t);
  });
  const binOf = ({ p }: Pair): number => edges.filter((edge) => edge < p).length;
  return Array.from({ length: count }, (_, bin) => sample.filter((pair) => binOf(pair) === bin)).filter(
    (bin) => bin.length > 0,
  );
}

/** Of all pairs of a long and a short wait, how many are in the right order; ties are half right. */
function chanceOfOrder(sample: readonly Pair[]): number | null {
  const [long, short] = [sample.filter(({ y }) => y === 1), sample.filter(({ y }) => y === 0)];
  if (long.length === 0 || short.length === 0) return null;
  return mean(long.flatMap((one) => short.map((other) => (one.p > other.p ? 1 : one.p === other.p ? 0.5 : 0))));
}

function averagePrecision(sample: readonly Pair[]): number | null {
  const positives = sample.filter(({ y }) => y === 1).length;
  if (positives === 0) return null;
  let [area, recall] = [0, 0];
  for (const threshold of [...new Set(sample.map(({ p }) => p))].sort((a, b) => b - a)) {
    const taken = sample.filter(({ p }) => p >= threshold);
    const found = taken.filter(({ y }) => y === 1).length;
    area += (found / positives - recall) * (found / taken.length);
    recall = found / positives;
  }
  return area;
}

function spread(part: readonly Pair[], one: 'p' | 'y', other: 'p' | 'y'): number {
  const [a, b] = [mean(part.map((pair) => pair[one])), mean(part.map((pair) => pair[other]))];
  return mean(part.map((pair) => (pair[one] - a) * (pair[other] - b)));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}
