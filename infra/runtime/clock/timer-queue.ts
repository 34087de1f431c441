export interface Timer {
  cancel(): void;
}

interface Entry<T> {
  readonly time: number;
  readonly order: number;
  readonly value: T;
  cancelled: boolean;
}

/** Values by time, first come first served within an instant: a sorted array, which tens of thousands do not slow. */
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

  /** Infinity where nothing waits. */
  nextTime(): number {
    return this.#entries[0]?.time ?? Number.POSITIVE_INFINITY;
  }

  /**
   * Gives what is due at or before `time`. What the consumer cancels meanwhile does not come, what it adds waits for the
   * next call, so that a timer which sets itself again cannot starve the rest.
   */
  *due(time: number): Generator<T> {
    // Together: each taken off a long array by itself would move all the others.
    const due = this.#entries.splice(0, this.#placeOf({ time, order: this.#order }));
    for (const entry of due) if (!entry.cancelled) yield entry.value;
  }

  clear(): void {
    this.#entries.length = 0;
  }

  /** Where the entry is, or belongs. */
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
