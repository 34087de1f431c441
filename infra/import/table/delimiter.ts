import { namesIn } from './quotes.ts';

/** By how common they are. */
const USUAL = [',', ';', '\t', '|'];

/**
 * What stands between the names of a header: any run of characters that no name is made of, for `sacct --delimiter` takes what it is
 * given. The one that leaves most names that are known wins, then the one that leaves most names.
 */
export function delimiterOf(header: string, familiar: (names: readonly string[]) => number): string {
  const between = header.match(/[^\p{L}\p{N}_"'()[\]. -]+/gu) ?? [];
  const candidates = [...new Set([...USUAL, ...between, ...between.flatMap((run) => [...run])])];
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
