/** Up to this many unreadable rows are listed one by one, the rest by kind. */
const TOLD = 100;
/** A file with more kinds of faults is not in the format it was taken for. */
const KINDS = 50;

/** What is wrong with a file and its rows. */
export interface Faults {
  count: number;
  readonly first: { line: number; fault: string }[];
  /** Number of rows by fault, without the faulty value. */
  readonly kinds: Map<string, number>;
  /** Assumptions made, and what was left out on purpose. */
  notes: readonly string[];
}

export function noFaults(): Faults {
  return { count: 0, first: [], kinds: new Map(), notes: [] };
}

/** Skips a row and records why. */
export function note(faults: Faults, line: number, fault: string): void {
  faults.count += 1;
  if (faults.first.length < TOLD) faults.first.push({ line, fault });
  const kind = fault.replaceAll(/ ?"[^"]*"/g, '').replaceAll(/\d+(\.\d+)? s /g, '');
  if (faults.kinds.has(kind) || faults.kinds.size < KINDS) faults.kinds.set(kind, (faults.kinds.get(kind) ?? 0) + 1);
}
