import type { LedgerEntry } from '../../schemas/items/ledger.ts';
import { JobId } from './import/job-id.ts';

/** What the fold needs of a decided job; reused for another once this one is folded. */
class OpenEntry implements LedgerEntry {
  readonly jobId = '';
  readonly decisionId = '';
  submittedAt = 0.5;
  readonly decidedAt = 0;
  labelAt = 0.5;
  p: number | null = 0.5;
  q = 0.5;
  called = 0;
  tier = 0;
  heldOut = false;
  readonly done = true;
  cost = 0;
  paper: number[] = [];
  readonly eras = [0, 0, 0, 0];
  touched = false;
  readonly undone = false;
  longWait: boolean | null = false;
  predictedWaitSeconds: number | null = 0.5;
  waitSeconds: number | null = 0.5;
  readonly bounds = { lowerSeconds: 0.5, upperSeconds: 0.5, upper90Seconds: 0.5 };
  epoch = 0;
  private drawn = Number.NaN;
  private readonly drawOf: (entry: OpenEntry) => number;
  readonly id = new JobId();

  constructor(drawOf: (entry: OpenEntry) => number) {
    this.drawOf = drawOf;
  }

  /** Drawn once, when a ring asks for it. */
  get draw(): number {
    if (Number.isNaN(this.drawn)) this.drawn = this.drawOf(this);
    return this.drawn;
  }

  undraw(): void {
    this.drawn = Number.NaN;
  }
}

/** A decided job with something still unknown: its label, or how long it waited beyond it. */
export class Open {
  /** When the next fact about it is known, in seconds since the epoch. */
  at = 0.5;
  /** Position in the stream; breaks ties within a second. */
  seq = 0;
  /** The label in the file, whether or not the fold gets it. */
  longWait = false;
  /** It left before its label was known. */
  censored = false;
  /** From the file; NaN if it does not say. */
  waitSeconds = 0.5;
  /** After how long it left without a start; NaN if it started, or the file does not say. */
  leftSeconds = 0.5;
  /** Seconds of the wait folded so far; NaN before the label is. */
  foldedSeconds = Number.NaN;
  /** Seconds of the wait that are known next. */
  nextSeconds = 0.5;
  /** If held out; otherwise NaN. */
  holdOutShare = Number.NaN;
  readonly entry: OpenEntry;

  constructor(drawOf: (entry: OpenEntry) => number) {
    this.entry = new OpenEntry(drawOf);
  }
}

export type { OpenEntry };

/**
 * Jobs in the order in which their labels and late waits become known: a binary heap by (at, seq). Objects are reused, so that
 * a long stream allocates only as many as are ever open at once.
 */
export class Pending {
  private readonly heap: Open[] = [];
  private readonly free: Open[] = [];
  private readonly drawOf: (entry: OpenEntry) => number;

  /** @param drawOf a round's number in the lottery of the rings */
  constructor(drawOf: (entry: OpenEntry) => number) {
    this.drawOf = drawOf;
  }

  get size(): number {
    return this.heap.length;
  }

  /** When the next fact is known; infinity if nothing is open. */
  get nextAt(): number {
    const first = this.heap[0];
    return first === undefined ? Number.POSITIVE_INFINITY : first.at;
  }

  /** An object to fill and pass to `add`. */
  take(): Open {
    const open = this.free.pop() ?? new Open(this.drawOf);
    open.foldedSeconds = Number.NaN;
    open.entry.undraw();
    return open;
  }

  add(open: Open): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(open);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !isBefore(open, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = open;
  }

  /** The job with the earliest fact; give it back when done. */
  next(): Open | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || first === last) return first;
    let at = 0;
    for (let below = 1; below < heap.length; below = 2 * at + 1) {
      const [left, right] = [heap[below], heap[below + 1]];
      if (left === undefined) break;
      let child = left;
      if (right !== undefined && isBefore(right, left)) {
        child = right;
        below += 1;
      }
      if (!isBefore(child, last)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
    return first;
  }

  giveBack(open: Open): void {
    this.free.push(open);
  }
}

function isBefore(one: Open, other: Open): boolean {
  return one.at < other.at || (one.at === other.at && one.seq < other.seq);
}
