import type { Basis, Kept, Part } from './figures.ts';

/** The labels of the figures, the same on page, terminal, back-test and digest. */
export const PART_WORDS: Readonly<Record<Part, string>> = {
  nothingNeeded: 'nothing needed',
  acted: 'acted',
  heldOut: 'held out',
  asked: 'asked',
  withheld: 'withheld',
  late: 'late',
  failed: 'failed',
  undecided: 'undecided',
};

export const ALSO_ASKED = 'acted and also asked';
export const NOT_TESTED = 'not tested yet';

/** The mark beside a figure that was not observed; empty when it was. */
export const BASIS_WORDS: Readonly<Record<Basis, string>> = {
  seen: '',
  estimate: 'estimate',
  counterfactual: 'counterfactual',
};

/** How a figure is known, for readers who ask. */
export const BASIS_MEANS: Readonly<Record<Basis, string>> = {
  seen: 'as it came out',
  estimate: 'by the hold-outs, each counted for those that were carried out beside it',
  counterfactual: 'by the trace, on which nobody acted',
};

export const INTERVAL = '90 % two-sided (Wilson)';

/** A share from 0 to 1; null when there is nothing to divide by. */
export function shareOf(some: number, all: number): number | null {
  return all > 0 ? some / all : null;
}

/**
 * A share in per cent, rounded down so that 64.9 % never looks like the promised 65 %, with a decimal below 10. A dash when
 * there is none.
 */
export function percent(share: number | null): string {
  if (share === null) return '–';
  const hundred = share * 100 + 1e-9;
  return hundred < 10 && hundred >= 0.1
    ? `${(Math.floor(hundred * 10) / 10).toFixed(1)} %`
    : `${Math.floor(hundred)} %`;
}

/** `82 to 91 %`, rounded outwards. */
export function interval({ lower, upper }: Pick<Kept, 'lower' | 'upper'>): string {
  if (lower === null || upper === null) return '–';
  return `${Math.floor(lower * 100 + 1e-9)} to ${Math.ceil(upper * 100 - 1e-9)} %`;
}

/**
 * The share that was right, with its interval, basis and promise, such as "87 % of 148 were right (82 to 91 %), 65 % are
 * promised".
 */
export function keptInWords(kept: Kept): string {
  const promised = kept.promise === null ? '' : `, ${percent(kept.promise)} are promised`;
  const notes = [BASIS_WORDS[kept.basis], testedInWords(kept)].filter((note) => note !== '');
  const aside = notes.length === 0 ? '' : `; ${notes.join(', ')}`;
  if (kept.share === null) return `nothing is settled yet${promised}${aside}`;
  return `${percent(kept.share)} of ${kept.things} were right (${interval(kept)})${promised}${aside}`;
}

/** Says that a promise means little yet, and how much is missing; empty once it means something. */
export function testedInWords({ tested, done, testedFrom }: Kept): string {
  return tested ? '' : `${NOT_TESTED}: ${done} of ${testedFrom} done`;
}

/** "57 % of 180 long waits were reached, by chance 20 %". */
export function reachedInWords({
  reached,
  longWaits,
  acted,
  jobs,
}: {
  reached: number;
  longWaits: number;
  acted: number;
  jobs: number;
}): string {
  if (longWaits === 0) return 'no job waited long';
  const chance = percent(shareOf(acted, jobs));
  return `${percent(shareOf(reached, longWaits))} of ${longWaits} long waits were reached, by chance ${chance}`;
}
