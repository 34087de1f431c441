/** Rows that could not be read are told one by one up to here, and by kind beyond. */
const TOLD = 100;
/** A file that is wrong in more ways is not what it was taken for. */
const KINDS = 50;

/** What is wrong with a file and its rows. */
export interface Faults {
  count: number;
  readonly first: { line: number; fault: string }[];
  /** How many rows have which fault, what stood there left out. */
  readonly kinds: Map<string, number>;
  /** What had to be assumed, and what was left out on purpose. */
  notes: readonly string[];
}

export function noFaults(): Faults {
  return { count: 0, first: [], kinds: new Map(), notes: [] };
}

/** Leaves a row out, and says why. */
export function note(faults: Faults, line: number, fault: string): void {
  faults.count += 1;
  if (faults.first.length < TOLD) faults.first.push({ line, fault });
  const kind = fault.replaceAll(/ ?"[^"]*"/g, '').replaceAll(/\d+(\.\d+)? s /g, '');
  if (faults.kinds.has(kind) || faults.kinds.size < KINDS) faults.kinds.set(kind, (faults.kinds.get(kind) ?? 0) + 1);
}
