import type { LedgerEntry, LedgerItem, LedgerWait, QueueLine } from '../../schemas/items/ledger.ts';
import { instantOf, roundKey } from './round.ts';

/**
 * A line of the ledger: a settled round, more of the wait of a round settled before it started, or something the built-in
 * forecast counts.
 */
export type LedgerLine = LedgerItem['entries'][number];

/** The lines that calibration learns from. */
export type LabelLine = LedgerEntry | LedgerWait;

export function isOfQueue(line: LedgerLine): line is QueueLine {
  return 'kind' in line;
}

export function isWait(line: LedgerLine): line is LedgerWait {
  return 'toSeconds' in line;
}

function isLabel(line: LedgerLine): line is LedgerEntry {
  return !(isOfQueue(line) || isWait(line));
}

/** The settled rounds among the lines, in order. */
export function labelsOf(lines: readonly LedgerLine[]): LedgerEntry[] {
  return lines.filter(isLabel);
}

/** The key of the round that a line is about; null for one about the whole queue. */
export function roundOfLine(line: LedgerLine): string | null {
  if (isOfQueue(line) && line.kind === 'snapshot') return null;
  const { jobId, submittedAt } = line;
  return roundKey({ jobId, submittedAt: instantOf(submittedAt) });
}

/** A name unique within a batch: a round may have several lines due at once. */
export function nameOfLine(line: LedgerLine): string {
  return `${rankOf(line)} ${roundOfLine(line) ?? ''}`;
}

/**
 * Fold order: by when the fact became known, then submission, then job id, then for one round in order of events, so that every
 * folder builds the same list.
 */
export function inFoldOrder(one: LedgerLine, other: LedgerLine): number {
  const byTime = knownAt(one) - knownAt(other) || submissionOf(one) - submissionOf(other);
  if (byTime !== 0) return byTime;
  const [first, second] = [jobOf(one), jobOf(other)];
  if (first !== second) return first < second ? -1 : 1;
  return rankOf(one) - rankOf(other);
}

/** Seconds since the epoch. */
export function knownAt(line: LedgerLine): number {
  if (isWait(line)) return line.submittedAt + line.toSeconds;
  if (!isOfQueue(line)) return line.labelAt;
  if (line.kind === 'submitted') return line.submittedAt;
  if (line.kind === 'started') return line.submittedAt + line.waitSeconds;
  return line.at;
}

const RANKS = { submitted: 0, started: 1, left: 4, ended: 5, snapshot: 6 } as const;

function rankOf(line: LedgerLine): number {
  if (isOfQueue(line)) return RANKS[line.kind];
  return isWait(line) ? 3 : 2;
}

function submissionOf(line: LedgerLine): number {
  return isOfQueue(line) && line.kind === 'snapshot' ? line.at : line.submittedAt;
}

function jobOf(line: LedgerLine): string {
  return isOfQueue(line) && line.kind === 'snapshot' ? '' : line.jobId;
}
