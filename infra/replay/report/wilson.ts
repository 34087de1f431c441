/** Quantiles of the standard normal: two-sided 95 % and two-sided 90 %. */
const Z = { 95: 1.96, 90: 1.6449 } as const;

/** Wilson's interval for a share: unlike the normal one it stays inside 0 to 1 and has width at 0 of n. */
export function wilson(positives: number, n: number, percent: keyof typeof Z = 95): { low: number; high: number } {
  if (n === 0) return { low: 0, high: 1 };
  const z = Z[percent];
  const share = positives / n;
  const scale = 1 + (z * z) / n;
  const middle = (share + (z * z) / (2 * n)) / scale;
  const half = (z / scale) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
