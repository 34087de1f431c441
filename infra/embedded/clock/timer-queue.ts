export interface Entry<T> {
  readonly time: number;
  readonly order: number;
  value: T | undefined;
}

const before = (a: { time: number; order: number }, b: { time: number; order: number }) =>
  a.time < b.time || (a.time === b.time && a.order < b.order);

/** A binary heap by time, first come first served within an instant. A cancelled entry stays until it surfaces. */
export class TimerQueue<T> {
  readonly #heap: Entry<T>[] = [];
  #order = 0;
  #size = 0;

  /** Entries that are not cancelled. */
  get size(): number {
    return this.#size;
  }

  add(time: number, value: T): Entry<T> {
    const entry: Entry<T> = { time, order: this.#order++, value };
    this.#size += 1;
    let hole = this.#heap.push(entry) - 1;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const above = this.#heap[parent];
      if (above === undefined || before(above, entry)) break;
      this.#heap[hole] = above;
      hole = parent;
    }
    this.#heap[hole] = entry;
    return entry;
  }

  cancel(entry: Entry<T>): void {
    if (entry.value === undefined) return;
    entry.value = undefined;
    this.#size -= 1;
  }

  nextTime(): number | undefined {
    while (this.#heap[0] !== undefined && this.#heap[0].value === undefined) this.#removeTop();
    return this.#heap[0]?.time;
  }

  /**
   * Removes one by one what is due at or before `time`. What the consumer cancels meanwhile does not come, what it adds
   * waits for the next call, so that a timer which sets itself again cannot starve the rest.
   */
  *due(time: number): Generator<T> {
    const end = this.#order;
    for (let next = this.nextTime(); next !== undefined && next <= time; next = this.nextTime()) {
      const entry = this.#heap[0];
      if (entry?.value === undefined || entry.order >= end) return;
      const { value } = entry;
      this.cancel(entry);
      this.#removeTop();
      yield value;
    }
  }

  clear(): void {
    for (const entry of this.#heap) entry.value = undefined;
    this.#heap.length = 0;
    this.#size = 0;
  }

  #removeTop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      const left = this.#heap[child];
      const right = this.#heap[child + 1];
      if (left === undefined) break;
      const least = right !== undefined && before(right, left) ? right : left;
      if (least === right) child += 1;
      if (before(last, least)) break;
      this.#heap[hole] = least;
      hole = child;
    }
    this.#heap[hole] = last;
  }
}
