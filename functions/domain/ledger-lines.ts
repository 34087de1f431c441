import type { LedgerEntry, LedgerItem, LedgerWait } from '../../schemas/items/ledger.ts';
import { instantOf, roundKey } from './round.ts';

/** What the ledger lists: a settled round, or more of the wait of one that was settled before it started. */
export type LedgerLine = LedgerItem['entries'][number];

export function isWait(line: LedgerLine): line is LedgerWait {
  return 'toSeconds' in line;
}

/** The settled rounds among some lines, in their order. */
export function labelsOf(lines: readonly LedgerLine[]): LedgerEntry[] {
  return lines.filter((line): line is LedgerEntry => !isWait(line));
}

/** The key of the round that a line is about. */
export function keyOfLine({ jobId, submittedAt }: LedgerLine): string {
  return roundKey({ jobId, submittedAt: instantOf(submittedAt) });
}

/** Fold order: when a line's fact was known, then by submission, then by job id, so that every folder makes the same list. */
export function inFoldOrder(one: LedgerLine, other: LedgerLine): number {
  const byTime = knownAt(one) - knownAt(other) || one.submittedAt - other.submittedAt;
  return byTime || (one.jobId < other.jobId ? -1 : one.jobId > other.jobId ? 1 : 0);
}

/** Seconds since the epoch. */
export function knownAt(line: LedgerLine): number {
  return isWait(line) ? line.submittedAt + line.toSeconds : line.labelAt;
}
