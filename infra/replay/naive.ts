import { calledTier } from '../../functions/domain/choose-tier.ts';
import { TOKEN } from '../../functions/domain/thresholds.ts';
import type { TierRules } from '../../functions/domain/tier-numbers.ts';

/** The plug-in ECE taken at face value: over ten bins of equal width of the last 100 labels. */
const LAST = 100;
const BINS = 10;

class LastHundred {
  private readonly p = new Float64Array(LAST);
  private readonly y = new Uint8Array(LAST);
  private readonly gaps = new Float64Array(BINS);
  private seen = 0;

  push(p: number, y: 0 | 1): void {
    const at = this.seen % LAST;
    if (this.seen >= LAST) this.move(this.p[at] ?? 0, -1, this.y[at] ?? 0);
    this.p[at] = p;
    this.y[at] = y;
    this.move(p, 1, y);
    this.seen += 1;
  }

  /** Infinity before the first 100. */
  get ece(): number {
    if (this.seen < LAST) return Number.POSITIVE_INFINITY;
    let sum = 0;
    for (let bin = 0; bin < BINS; bin++) sum += Math.abs(this.gaps[bin] ?? 0);
    return sum / LAST;
  }

  private move(p: number, times: 1 | -1, y: number): void {
    const bin = Math.min(BINS - 1, Math.floor(p * BINS));
    this.gaps[bin] = (this.gaps[bin] ?? 0) + times * (p - y);
  }
}

interface NaiveTier {
  readonly acted: number;
  readonly right: number;
  /** Censored jobs among those acted on. */
  readonly unknown: number;
  readonly promise: number;
}

/** What a simpler rule would have done on the same jobs. */
export interface NaiveOutcome {
  readonly rule: string;
  readonly calls: number;
  readonly acted: number;
  /** Done and right, lowest tier first; of interventions by the trace. */
  readonly tiers: readonly NaiveTier[];
  /** Tiers that were wrong more often than promised. */
  readonly broken: readonly number[];
}

/**
 * Simpler rules to compare the gate with, on the raw p (where there is none, on q as it is served): act on every call; act while
 * the ECE of the last 100 labels, taken at its face value, is within the limit of the tier; never act.
 */
export class NaiveRules {
  private readonly tiers: readonly TierRules[];
  private readonly on: 'p' | 'q';
  private readonly last = new LastHundred();
  private readonly always: Doing;
  private readonly plugIn: Doing;
  private calls = 0;

  /** @param on the name of the probability that they act on */
  constructor(tiers: readonly TierRules[], on: 'p' | 'q' = 'p') {
    this.tiers = tiers;
    this.on = on;
    this.always = new Doing(tiers);
    this.plugIn = new Doing(tiers);
  }

  /** @param longWait null if unknown */
  decide(p: number, longWait: boolean | null): void {
    const called = calledTier(p, this.tiers, configured);
    if (called === 0) return;
    this.calls += 1;
    this.always.add(called, longWait);
    const { ece } = this.last;
    for (let tier = called; tier > 0; tier--) {
      if (!(ece <= (this.tiers[tier - 1]?.ece ?? 0))) continue;
      this.plugIn.add(tier, longWait);
      return;
    }
  }

  label(p: number | null, longWait: boolean): void {
    if (p === null || Number.isNaN(p)) return;
    this.last.push(p, longWait ? 1 : 0);
  }

  outcomes(): NaiveOutcome[] {
    const { calls } = this;
    return [
      this.always.outcome(this.on === 'p' ? 'act on raw p' : 'act on every q', calls),
      this.plugIn.outcome(`tiers by the ECE of the last ${LAST}`, calls),
      new Doing(this.tiers).outcome('never act', calls),
    ];
  }
}

class Doing {
  private readonly tiers: readonly ({ -readonly [name in keyof NaiveTier]: NaiveTier[name] } & { start: number })[];

  constructor(tiers: readonly TierRules[]) {
    this.tiers = tiers.map(({ promise, start }) => ({ acted: 0, right: 0, unknown: 0, promise, start }));
  }

  add(tier: number, longWait: boolean | null): void {
    const doing = this.tiers[tier - 1];
    if (doing === undefined) return;
    doing.acted += 1;
    if (longWait === null) doing.unknown += 1;
    else if (longWait) doing.right += 1;
  }

  outcome(rule: string, calls: number): NaiveOutcome {
    const broken = this.tiers.flatMap(({ acted, right, unknown, promise, start }, i) =>
      acted - unknown - right > start / TOKEN + (right * (1 - promise)) / promise ? [i + 1] : [],
    );
    const tiers = this.tiers.map(({ start: _, ...tier }) => tier);
    return { rule, calls, acted: tiers.reduce((sum, { acted }) => sum + acted, 0), tiers, broken };
  }
}

function configured(): boolean {
  return true;
}
