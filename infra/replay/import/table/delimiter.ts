import { namesIn } from './quotes.ts';

/** By how common they are. */
const USUAL = [',', ';', '\t', '|'];
/** A delimiter is among the most frequent runs between names; trying them all would take minutes if a file is not a table. */
const MOST = 16;

/**
 * What separates the names of a header: any run of characters that names do not contain, since `sacct --delimiter` accepts
 * anything. The one that yields most known names wins, then the one that yields most names.
 */
export function delimiterOf(header: string, familiar: (names: readonly string[]) => number): string {
  const between = header.match(/[^\p{L}\p{N}_"'()[\]. -]+/gu) ?? [];
  const candidates = [
    ...new Set([...USUAL, ...mostFrequent(between), ...mostFrequent(between.flatMap((run) => [...run]))]),
  ];
  let best = ',';
  let [known, count] = [-1, -1];
  for (const one of candidates) {
    const names = namesIn(header, one);
    const knows = familiar(names);
    if (knows < known || (knows === known && names.filter((name) => name !== '').length <= count)) continue;
    best = one;
    known = knows;
    count = names.filter((name) => name !== '').length;
  }
  return best;
}

/** In the order of their first appearance. */
function mostFrequent(texts: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  const least = [...counts.values()].sort((one, other) => other - one)[MOST - 1] ?? 0;
  return [...counts.keys()].filter((text) => (counts.get(text) ?? 0) >= least).slice(0, 2 * MOST);
}
