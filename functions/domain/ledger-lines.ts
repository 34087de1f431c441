import type { LedgerEntry, LedgerItem, LedgerWait } from '../../schemas/items/ledger.ts';

/** What the ledger lists: a settled job, or the wait of one that was settled before it started. */
export type LedgerLine = LedgerItem['entries'][number];

export function isWait(line: LedgerLine): line is LedgerWait {
  return 'startedAt' in line;
}

/** The settled jobs among some lines, in their order. */
export function labelsOf(lines: readonly LedgerLine[]): LedgerEntry[] {
  return lines.filter((line): line is LedgerEntry => !isWait(line));
}

/** Fold order: when a line's fact was known, then the job id, so that every folder makes the same list. */
export function inFoldOrder(one: LedgerLine, other: LedgerLine): number {
  return knownAt(one) - knownAt(other) || (one.jobId < other.jobId ? -1 : one.jobId > other.jobId ? 1 : 0);
}

/** Seconds since the epoch. */
export function knownAt(line: LedgerLine): number {
  return isWait(line) ? line.startedAt : line.labelAt;
}
