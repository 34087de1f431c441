import { type ArrayPart, arrayPart } from '../../../functions/domain/round.ts';
import { Row } from './row.ts';

/**
 * Makes rounds of rows: a repeated row counts once, and an array is one round that starts with its first task. Rows come in
 * the order of submission, so only those of one second can belong together, and no more need be kept.
 */
export class Rounds {
  /** Rows that repeat a round. */
  repeated = 0;
  /** Tasks beside the first of their array. */
  tasks = 0;
  private second = Number.NaN;
  /** Ids seen in this second; empty while there is only one, which is in `first`. */
  private readonly seen = new Set<string>();
  private readonly first = new Row();
  /** The rounds of this second from the first task of an array on, in the order of their first row. */
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

  /** Emits what is buffered: nothing more can belong to it. */
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
    const { jobId, part } = partOf(row.jobId());
    const before = this.held.get(jobId);
    if (before !== undefined) {
      this.tasks += 1;
      if (part === 'component') enlarge(before, row);
      start(before, row);
      return;
    }
    if (part === 'whole' && this.held.size === 0) {
      this.onRound(row);
      return;
    }
    // The array itself came before its tasks, and is decided.
    if (part !== 'whole' && this.isRepeated(jobId)) {
      this.tasks += 1;
      return;
    }
    const kept = copyOf(row);
    if (part !== 'whole') kept.id.rename(jobId);
    this.held.set(jobId, kept);
  }
}

type Part = Omit<ArrayPart, 'part'> & { readonly part: ArrayPart['part'] | 'component' };

/** Slurm: `123+1` is a part of a heterogeneous job, whose parts start together. */
const COMPONENT = /^(\d+)\+\d+$/;

function partOf(id: string): Part {
  const [, whole] = COMPONENT.exec(id) ?? [];
  return whole === undefined ? arrayPart(id) : { jobId: whole, part: 'component' };
}

function enlarge(job: Row, component: Row): void {
  job.gpus = sum(job.gpus, component.gpus);
  job.procs = sum(job.procs, component.procs);
}

function sum(a: number, b: number): number {
  return Number.isNaN(a) ? b : Number.isNaN(b) ? a : a + b;
}

/** The first start of a task is the array's; if none has started, what is known while any of them waits. */
function start(array: Row, task: Row): void {
  if (task.waitSeconds < array.waitSeconds || (task.started && !array.started)) {
    array.waitSeconds = task.waitSeconds;
    array.runSeconds = task.runSeconds;
  }
  if (array.started) array.leftAt = Number.NaN;
  else if (!(task.leftAt <= array.leftAt)) array.leftAt = task.leftAt;
  if (tellsMore(task, array)) {
    array.labelAt = task.labelAt;
    array.longWait = task.longWait;
    array.censored = task.censored;
  }
}

/** A start is known before a long wait, and a long wait of one task outweighs the cancellation of another. */
function tellsMore(task: Row, array: Row): boolean {
  if (task.censored !== array.censored) return array.censored;
  if (task.censored) return !(task.labelAt <= array.labelAt);
  return task.labelAt < array.labelAt || (task.labelAt === array.labelAt && !task.longWait);
}

function copyOf(row: Row): Row {
  const copy = new Row();
  copy.copy(row);
  return copy;
}
