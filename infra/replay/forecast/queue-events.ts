const FIRST_ROOM = 256;

/** What happens to a job in its queue. */
export const HAPPENS = { start: 0, leave: 1, age: 2, label: 3, end: 4 } as const;
export type Happens = (typeof HAPPENS)[keyof typeof HAPPENS];

/**
 * The upcoming events of a queue, by time, and at equal times in the order added: a binary heap of plain numbers, so that a
 * long history allocates nothing per event.
 */
export class QueueEvents {
  private ats = new Float64Array(FIRST_ROOM);
  /** Position in the order of addition. */
  private orders = new Float64Array(FIRST_ROOM);
  private kinds = new Uint8Array(FIRST_ROOM);
  private values = new Float64Array(FIRST_ROOM);
  private size = 0;
  private known = 0;

  /** When the next event happens; infinity if there is none. */
  get nextAt(): number {
    return this.size === 0 ? Number.POSITIVE_INFINITY : (this.ats[0] ?? 0);
  }

  get nextKind(): number {
    return this.kinds[0] ?? 0;
  }

  get nextValue(): number {
    return this.values[0] ?? 0;
  }

  /** @param value the job of the event, or whatever else it needs then */
  add(at: number, kind: Happens, value: number): void {
    if (this.size === this.ats.length) this.grow();
    const order = this.known++;
    let place = this.size++;
    while (place > 0) {
      const above = (place - 1) >> 1;
      // Added last means last among equal times, so it stays below.
      if ((this.ats[above] ?? 0) <= at) break;
      this.move(above, place);
      place = above;
    }
    this.put(place, at, order, kind, value);
  }

  /** Removes the next event. */
  remove(): void {
    const last = --this.size;
    const [at, order] = [this.ats[last] ?? 0, this.orders[last] ?? 0];
    let place = 0;
    for (let below = 1; below < last; below = 2 * place + 1) {
      if (below + 1 < last && this.isBefore(below + 1, this.ats[below] ?? 0, this.orders[below] ?? 0)) below += 1;
      if (!this.isBefore(below, at, order)) break;
      this.move(below, place);
      place = below;
    }
    this.move(last, place);
  }

  private isBefore(place: number, at: number, order: number): boolean {
    const own = this.ats[place] ?? 0;
    return own < at || (own === at && (this.orders[place] ?? 0) < order);
  }

  private move(from: number, to: number): void {
    this.put(to, this.ats[from] ?? 0, this.orders[from] ?? 0, this.kinds[from] ?? 0, this.values[from] ?? 0);
  }

  private put(place: number, at: number, order: number, kind: number, value: number): void {
    this.ats[place] = at;
    this.orders[place] = order;
    this.kinds[place] = kind;
    this.values[place] = value;
  }

  private grow(): void {
    const room = 2 * this.ats.length;
    const longer = <Column extends Float64Array | Uint8Array>(column: Column, into: Column): Column => {
      into.set(column);
      return into;
    };
    this.ats = longer(this.ats, new Float64Array(room));
    this.orders = longer(this.orders, new Float64Array(room));
    this.kinds = longer(this.kinds, new Uint8Array(room));
    this.values = longer(this.values, new Float64Array(room));
  }
}
