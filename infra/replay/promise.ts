import { TOKEN } from '../../functions/domain/thresholds.ts';
import type { TierRules } from '../../functions/domain/tier-rules.ts';

/** What sums of many fractions may be off by. */
const ROUNDING = 1e-6;
/** A paper trade counts a tenth. */
const PAPER = 0.1;

/**
 * Recomputes the promise of one tier after everything that moves it, from what was done and what came of it, and not from the
 * tokens that keep it: wrong <= K + (right + .1 paper-right) (1 - pi)/pi, a hold-out counted 1/h-fold.
 */
export class PromiseCount {
  readonly promise: number;
  private readonly start: number;
  private readonly odds: number;
  private right = 0;
  private wrong = 0;
  /** Times that it did not hold. */
  violations = 0;
  /** How near it came: the least that was left of it, in tokens. */
  leastSlack: number;

  constructor({ promise, start }: Pick<TierRules, 'promise' | 'start'>) {
    this.promise = promise;
    this.start = start / TOKEN;
    this.odds = (1 - promise) / promise;
    this.leastSlack = this.start;
  }

  /** @param share of the hold-out; NaN for what was done */
  settled(longWait: boolean, share = Number.NaN): void {
    const weight = Number.isNaN(share) ? 1 : 1 / share;
    if (longWait) this.right += weight;
    else this.wrong += weight;
    this.check();
  }

  /** What it would have done had it had the tokens. */
  onPaper(longWait: boolean): void {
    if (longWait) this.right += PAPER;
    this.check();
  }

  private check(): void {
    const slack = this.start + this.right * this.odds - this.wrong;
    if (slack < this.leastSlack) this.leastSlack = slack;
    if (!(slack >= -ROUNDING)) this.violations += 1;
  }
}
