const WINDOW = 500;

/** Share of harmful ones among the executed decisions, in all and in the worst 500 in a row. */
export class ExecutedWindow {
  private readonly last = new Uint8Array(WINDOW);
  private inWindow = 0;
  private most = 0;
  executed = 0;
  harmful = 0;

  add(harmful: boolean): void {
    const at = this.executed % WINDOW;
    this.inWindow += (harmful ? 1 : 0) - (this.last[at] ?? 0);
    this.last[at] = harmful ? 1 : 0;
    this.executed += 1;
    if (harmful) this.harmful += 1;
    if (this.executed >= WINDOW && this.inWindow > this.most) this.most = this.inWindow;
  }

  get harmRate(): number | null {
    return this.executed === 0 ? null : this.harmful / this.executed;
  }

  /** Over all of them where fewer than 500 were executed. */
  get worst500(): number | null {
    return this.executed < WINDOW ? this.harmRate : this.most / WINDOW;
  }
}
