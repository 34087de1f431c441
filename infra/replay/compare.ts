import { watchModel } from '../../functions/domain/calibration/detectors.ts';
import { ExecutedWindow } from './executed-window.ts';

/** The naive rule: an ECE over ten bins of equal width of the last 100 jobs, against twice the ECE of a good model. */
const LAST = 100;
const BINS = 10;
const LIMIT = 2 * 0.018;

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

  /** Whether it would act; not before it has its 100. */
  get trusts(): boolean {
    return this.seen >= LAST && this.ece <= LIMIT;
  }

  private get ece(): number {
    let sum = 0;
    for (let bin = 0; bin < BINS; bin++) sum += Math.abs(this.gaps[bin] ?? 0);
    return sum / LAST;
  }

  private move(p: number, times: 1 | -1, y: number): void {
    const bin = Math.min(BINS - 1, Math.floor(p * BINS));
    this.gaps[bin] = (this.gaps[bin] ?? 0) + times * (p - y);
  }
}

/** Small, seeded and good enough to draw labels (mulberry32). */
function seeded(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * What simpler rules would have done with the same jobs and the raw p: act while the ECE of the last 100 looks good, act
 * always, act never. Beside it the alarms that the naive rule and our detector raise when the very same probabilities
 * meet labels drawn from them: a perfectly calibrated model, so that every one of them is false.
 */
export class Comparison {
  readonly always = new ExecutedWindow();
  readonly naive = new ExecutedWindow();
  jobs = 0;
  falseAlarms = { naive: 0, ours: 0 };
  private readonly window = new LastHundred();
  private readonly calibrated = new LastHundred();
  private trusted = false;
  private readonly statistics = new Float64Array(13);
  private readonly random = seeded(1);

  decide(p: number, longWait: boolean): void {
    const wrong = p >= 0.5 !== longWait;
    this.jobs += 1;
    this.always.add(wrong);
    if (this.window.trusts) this.naive.add(wrong);
  }

  label(p: number, longWait: boolean): void {
    this.window.push(p, longWait ? 1 : 0);
    const y = this.random() < p ? 1 : 0;
    this.calibrated.push(p, y);
    const { trusts } = this.calibrated;
    if (this.trusted && !trusts) this.falseAlarms.naive += 1;
    this.trusted = trusts;
    if (watchModel(this.statistics, p, y)) this.falseAlarms.ours += 1;
  }

  /** Alarms per 10,000 perfectly calibrated jobs. */
  perTenThousand(alarms: number): number | null {
    return this.jobs === 0 ? null : (10_000 * alarms) / this.jobs;
  }
}

/** Shown beside the numbers, so that the rule can be read. */
export const NAIVE_RULE = `ECE of the last ${LAST} (${BINS} equal-width bins) <= ${LIMIT}`;
