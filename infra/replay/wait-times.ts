/** Waits are distinguished to about 1 %, from a second to some centuries. */
const STEP = Math.log(1.01);
const PLACES = 2400;

/** Waits in logarithmic bins fine enough that quantiles are accurate to 1 %, however many there are. */
export class WaitTimes {
  private readonly counts = new Uint32Array(PLACES);
  n = 0;

  /** @param seconds NaN if unknown, which is not counted */
  add(seconds: number): void {
    if (Number.isNaN(seconds)) return;
    const place = Math.min(PLACES - 1, Math.round(Math.log1p(seconds) / STEP));
    this.counts[place] = (this.counts[place] ?? 0) + 1;
    this.n += 1;
  }

  /** In seconds; null if there are none. */
  quantile(share: number): number | null {
    let left = Math.ceil(share * this.n);
    for (let place = 0; place < PLACES && this.n > 0; place++) {
      left -= this.counts[place] ?? 0;
      if (left <= 0) return Math.expm1(place * STEP);
    }
    return null;
  }
}
