import { TOKEN } from '../../functions/domain/thresholds.ts';
import type { TierRules } from '../../functions/domain/tier-numbers.ts';

/** Rounding error of sums of many fractions. */
const ROUNDING = 1e-6;
/** A paper trade counts a tenth. */
const PAPER = 0.1;

/**
 * Recomputes the promise of one tier after everything that moves it, from actions and outcomes and independently of the tokens
 * that enforce it: wrong <= K + (right + .1 paper-right) (1 - pi)/pi, with each hold-out counted 1/h times.
 */
export class PromiseCount {
  readonly promise: number;
  private readonly start: number;
  private readonly odds: number;
  private right = 0;
  private wrong = 0;
  /** How often it was broken. */
  violations = 0;
  /** The least slack there was, in tokens. */
  leastSlack: number;

  constructor({ promise, start }: Pick<TierRules, 'promise' | 'start'>) {
    this.promise = promise;
    this.start = start / TOKEN;
    this.odds = (1 - promise) / promise;
    this.leastSlack = this.start;
  }

  /** @param share of the hold-out; NaN if acted on */
  settled(longWait: boolean, share = Number.NaN): void {
    const weight = Number.isNaN(share) ? 1 : 1 / share;
    if (longWait) this.right += weight;
    else this.wrong += weight;
    this.check();
  }

  /** What it would have done with enough tokens. */
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
