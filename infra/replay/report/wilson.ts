const Z = 1.96;

/** Wilson's 95 % interval for a share: unlike the normal one it stays inside 0 to 1 and has width at 0 of n. */
export function wilson(positives: number, n: number): { low: number; high: number } {
  if (n === 0) return { low: 0, high: 1 };
  const share = positives / n;
  const scale = 1 + (Z * Z) / n;
  const middle = (share + (Z * Z) / (2 * n)) / scale;
  const half = (Z / scale) * Math.sqrt((share * (1 - share)) / n + (Z * Z) / (4 * n * n));
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
