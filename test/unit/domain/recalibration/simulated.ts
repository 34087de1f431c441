import type { Row } from './stream.ts';

/** A small seeded generator (xorshift), so that every run sees the same jobs. */
export function seeded(seed: number): () => number {
  let x = (seed * 2_654_435_761) | 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 32;
  };
}

/** Jobs a minute apart whose true probability is `truth(p)`, labelled when they start or after five minutes. */
export function jobs(count: number, seed: number, truth: (p: number, i: number) => number): Row[] {
  const random = seeded(seed);
  return Array.from({ length: count }, (_, i) => {
    const p = 0.01 + 0.7 * random() ** 3;
    const longWait = random() < truth(p, i);
    const submittedAt = i * 60;
    return { submittedAt, labelAt: submittedAt + (longWait ? 300 : Math.floor(random() * 200)), p, longWait };
  });
}
