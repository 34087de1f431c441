import { arrayPart } from '../../functions/domain/round.ts';
import { Row } from '../import/row.ts';

/**
 * Makes rounds of rows: one that a file repeats counts once, and an array is one round, which starts when its first task does. Rows
 * come in the order of submission, so that only those of one second can belong together, and no more has to be kept.
 */
export class Rounds {
  /** Rows of a round that had come before. */
  repeated = 0;
  /** Tasks beside the first of their array. */
  tasks = 0;
  private second = Number.NaN;
  /** Ids seen in this second; empty while there is one only, which `first` has. */
  private readonly seen = new Set<string>();
  private readonly first = new Row();
  /** From the first task of an array on, the rounds of this second, in the order of their first row. */
  private readonly held = new Map<string, Row>();
  private readonly onRound: (row: Row) => void;

  constructor(onRound: (row: Row) => void) {
    this.onRound = onRound;
  }

  add(row: Row): void {
    if (row.submittedAt !== this.second) {
      this.end();
      this.second = row.submittedAt;
      this.first.id.copy(row.id);
    } else if (row.id.isGiven && this.isRepeated(row.jobId())) {
      this.repeated += 1;
      return;
    }
    if (this.held.size > 0 || row.id.mayBeTask) this.hold(row);
    else this.onRound(row);
  }

  /** Hands over what is held: nothing more can belong to it. */
  end(): void {
    if (this.seen.size > 0) this.seen.clear();
    if (this.held.size === 0) return;
    const rows = [...this.held.values()];
    this.held.clear();
    for (const row of rows) this.onRound(row);
  }

  private isRepeated(id: string): boolean {
    const { seen, first } = this;
    if (seen.size === 0 && first.id.isGiven) seen.add(first.jobId());
    if (seen.has(id)) return true;
    seen.add(id);
    return false;
  }

  private hold(row: Row): void {
    const { jobId, part } = arrayPart(row.jobId());
    const before = this.held.get(jobId);
    if (before !== undefined) {
      this.tasks += 1;
      start(before, row);
      return;
    }
    if (part === 'whole' && this.held.size === 0) {
      this.onRound(row);
      return;
    }
    // The array itself stood before its tasks, and is decided.
    if (part !== 'whole' && this.isRepeated(jobId)) {
      this.tasks += 1;
      return;
    }
    const kept = copyOf(row);
    if (part !== 'whole') kept.id.rename(jobId);
    this.held.set(jobId, kept);
  }
}

/** The first start of a task is the array's. */
function start(array: Row, task: Row): void {
  if (task.waitSeconds < array.waitSeconds || Number.isNaN(array.waitSeconds)) array.waitSeconds = task.waitSeconds;
  if (task.labelAt < array.labelAt || (task.labelAt === array.labelAt && !task.longWait)) {
    array.labelAt = task.labelAt;
    array.longWait = task.longWait;
  }
}

function copyOf(row: Row): Row {
  const copy = new Row();
  copy.copy(row);
  return copy;
}
