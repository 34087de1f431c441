import type { LedgerEntry } from '../../schemas/items/ledger.ts';

/** A decided job whose label, or then whose wait, is not known yet: what the fold will need of it. */
export interface Open {
  /** When the next of the two is known, in seconds since the epoch. */
  at: number;
  /** Position in the stream; decides between labels of the same second. */
  seq: number;
  /** What the file says, whether or not the fold will be told. */
  longWait: boolean;
  /** What the file says; NaN where it does not. */
  waitSeconds: number;
  /** The label is folded, and the start to come. */
  labelled: boolean;
  readonly entry: LedgerEntry & { bounds: NonNullable<LedgerEntry['bounds']> };
}

function blank(): Open {
  return {
    at: 0.5,
    seq: 0,
    longWait: false,
    waitSeconds: 0.5,
    labelled: false,
    entry: {
      jobId: '',
      decisionId: '',
      submittedAt: 0.5,
      labelAt: 0.5,
      kind: 'statement',
      p: 0.5,
      q: 0.5,
      executed: false,
      intervened: false,
      harmed: false,
      longWait: false,
      predictedWaitSeconds: 0.5,
      waitSeconds: 0.5,
      bounds: { lowerSeconds: 0.5, upperSeconds: 0.5, upper90Seconds: 0.5 },
      epoch: 0,
    },
  };
}

/**
 * Jobs in the order in which their labels and late waits become known: a binary heap by (at, seq). The objects are used again, so
 * that a long stream allocates as many as are ever open at once.
 */
export class Pending {
  private readonly heap: Open[] = [];
  private readonly free: Open[] = [];

  get size(): number {
    return this.heap.length;
  }

  /** When the next is known; infinity when nothing is open. */
  get nextAt(): number {
    const first = this.heap[0];
    return first === undefined ? Number.POSITIVE_INFINITY : first.at;
  }

  /** An object to fill and to hand to `add`. */
  take(): Open {
    return this.free.pop() ?? blank();
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

  /** The one of which something is known first; give it back when done. */
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
