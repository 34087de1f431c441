export interface Timer {
  cancel(): void;
}

interface Entry<T> {
  readonly time: number;
  readonly order: number;
  readonly value: T;
}

/** Values by time, first come first served within an instant: a sorted array, which tens of thousands do not slow. */
export class TimerQueue<T> {
  readonly #entries: Entry<T>[] = [];
  #order = 0;

  add(time: number, value: T): Timer {
    const entry = { time, order: this.#order++, value };
    this.#entries.splice(this.#placeOf(entry), 0, entry);
    return {
      cancel: () => {
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
   * Removes one by one what is due at or before `time`. What the consumer cancels meanwhile does not come, what it adds
   * waits for the next call, so that a timer which sets itself again cannot starve the rest.
   */
  *due(time: number): Generator<T> {
    const end = this.#order;
    for (let [first] = this.#entries; first !== undefined && first.time <= time; [first] = this.#entries) {
      if (first.order >= end) return;
      this.#entries.shift();
      yield first.value;
    }
  }

  clear(): void {
    this.#entries.length = 0;
  }

  /** Where the entry is, or belongs. */
  #placeOf({ time, order }: Entry<T>): number {
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
