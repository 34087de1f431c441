/** Uniform in [0, 1). */
export type Random = () => number;

/**
 * A seeded generator: a 32-bit counter passed through a mixing function. The same seed gives the same numbers
 * everywhere.
 */
export function seededRandom(seed: number): Random {
  let counter = Math.imul(seed | 0, 0x9e3779b1) ^ 0x5bd1e995;
  return () => {
    counter = (counter + 0x6d2b79f5) | 0;
    let mixed = counter;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 4_294_967_296;
  };
}

export function uniform(random: Random, [low, high]: readonly [number, number]): number {
  return low + (high - low) * random();
}

/** Time to the next event of a Poisson process with this mean gap. */
export function exponential(random: Random, mean: number): number {
  return -mean * Math.log(1 - random());
}

/** Log-normal by its median and the standard deviation of its logarithm (Box-Muller). */
export function logNormal(random: Random, median: number, sigma: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return median * Math.exp(sigma * radius * Math.cos(2 * Math.PI * random()));
}

/** One of the choices, by weight. @throws RangeError if there are none */
export function weighted<T>(random: Random, choices: readonly (readonly [T, number])[]): T {
  const total = choices.reduce((sum, [, weight]) => sum + weight, 0);
  let left = random() * total;
  for (const [choice, weight] of choices) {
    left -= weight;
    if (left < 0) return choice;
  }
  const last = choices.at(-1);
  if (!last) throw new RangeError('nothing to choose from');
  return last[0];
}
