import { FORECAST } from './numbers.ts';

/** Submissions of the last minute, counted by the second: constant memory, however many come at once. */
export interface Rate {
  /** The count for each second, indexed by second modulo the length. */
  readonly counts: Uint32Array;
  /** The newest second with a submission; null before the first. */
  newest: number | null;
}

const SECONDS = FORECAST.rateSeconds + 1;

export function rate(): Rate {
  return { counts: new Uint32Array(SECONDS), newest: null };
}

/** Submissions in the minute up to a time, its first second included. @param at seconds since the epoch */
export function submissionsUntil({ counts, newest }: Rate, at: number): number {
  if (newest === null) return 0;
  let sum = 0;
  const oldest = Math.max(Math.floor(at) - FORECAST.rateSeconds, newest - FORECAST.rateSeconds);
  for (let second = oldest, at = oldest % SECONDS; second <= newest; second++) {
    sum += counts[at] ?? 0;
    at = at + 1 === SECONDS ? 0 : at + 1;
  }
  return sum;
}

/** Counts one, unless it is more than a minute older than the newest. @param at seconds since the epoch */
export function countSubmission(rate: Rate, at: number): void {
  const { counts, newest } = rate;
  const second = Math.floor(at);
  if (newest === null || second > newest) {
    const skipped = newest === null ? SECONDS : Math.min(second - newest, SECONDS);
    for (let i = 0; i < skipped; i++) counts[(second - i) % SECONDS] = 0;
    rate.newest = second;
  } else if (second < newest - FORECAST.rateSeconds) return;
  counts[second % SECONDS] = (counts[second % SECONDS] ?? 0) + 1;
}
