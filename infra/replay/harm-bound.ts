import { type Budgets, CALIBRATION } from '../../functions/domain/calibration/state.ts';
import type { Kind } from '../../schemas/primitives.ts';

const DAY = 86_400;
/** Sums of thousands of twentieths are not exact. */
const ROUNDING = 1e-6;

/**
 * Counts harms of one kind against the bound that its budget promises, independently of the tokens that keep it:
 * harms <= tokens at the start + .05 per benign outcome + so many per day since the first label.
 */
export class HarmBound {
  private readonly budget: Budgets[Kind];
  private start = Number.NaN;
  private latest = Number.NEGATIVE_INFINITY;
  private benign = 0;
  harms = 0;
  violations = 0;
  /** How near it came: the least that was left of the bound after any label. */
  slack = Number.POSITIVE_INFINITY;

  constructor(budget: Budgets[Kind]) {
    this.budget = budget;
  }

  /** The bound as it stands. */
  get allowed(): number {
    const days = Number.isNaN(this.start) ? 0 : (this.latest - this.start) / DAY;
    return this.budget.tokens + CALIBRATION.credit * this.benign + this.budget.perDay * days;
  }

  /** One more label, whether or not it counts. */
  label(at: number, outcome: 'harm' | 'benign' | 'neither'): void {
    if (Number.isNaN(this.start)) this.start = at;
    if (at > this.latest) this.latest = at;
    if (outcome === 'harm') this.harms += 1;
    else if (outcome === 'benign') this.benign += 1;
    const left = this.allowed - this.harms;
    if (left < this.slack) this.slack = left;
    if (left < -ROUNDING) this.violations += 1;
  }
}
