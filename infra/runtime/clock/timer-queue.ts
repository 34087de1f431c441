export interface Timer {
  cancel(): void;
}

interface Entry<T> {
  readonly time: number;
  readonly order: number;
  readonly value: T;
  cancelled: boolean;
}

/** Values by time, first in, first out within an instant: a sorted array, fast enough for tens of thousands. */
export class TimerQueue<T> {
  readonly #entries: Entry<T>[] = [];
  #order = 0;

  add(time: number, value: T): Timer {
    const entry = { time, order: this.#order++, value, cancelled: false };
    this.#entries.splice(this.#placeOf(entry), 0, entry);
    return {
      cancel: () => {
        entry.cancelled = true;
        const place = this.#placeOf(entry);
        if (this.#entries[place] === entry) this.#entries.splice(place, 1);
      },
    };
  }

  /** Infinity when the queue is empty. */
  nextTime(): number {
    return this.#entries[0]?.time ?? Number.POSITIVE_INFINITY;
  }

  /**
   * Yields what is due at or before `time`. Entries cancelled during iteration are skipped; entries added wait for
   * the next call, so that a timer that sets itself again cannot starve the others.
   */
  *due(time: number): Generator<T> {
    // In one splice: removing entries one by one would shift a long array every time.
    const due = this.#entries.splice(0, this.#placeOf({ time, order: this.#order }));
    for (const entry of due) if (!entry.cancelled) yield entry.value;
  }

  clear(): void {
    this.#entries.length = 0;
  }

  /** Index of the entry, or where it belongs. */
  #placeOf({ time, order }: Pick<Entry<T>, 'time' | 'order'>): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#entries[middle];
      if (other !== undefined && (other.time - time || other.order - order) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
