import { lossOf } from '../calibration/log-loss.ts';
import type { ServedSample } from '../calibration/served-sample.ts';
import { divide, stretchesFor } from '../calibration/stretches.ts';
import { NUMBERS, type Numbers } from '../thresholds.ts';
import type { Comparison } from './comparison.ts';

/** By how much the other forecast lowers the log loss, in nats per job. */
export interface Gain {
  readonly gain: number;
  /** Standard error. */
  readonly se: number;
  /** Number of stretches of time among the jobs. */
  readonly stretches: number;
}

/**
 * Paired gain in log loss. Its variance is the larger of that between independent jobs and that between stretches of time, whose
 * jobs share a queue and thus a fate (CALIBRATION.md section 1). Null with too few labels or stretches.
 *
 * @param longWaitSeconds T
 */
export function gainOf(
  { served, other }: Comparison,
  longWaitSeconds: number,
  { recalibration }: Numbers = NUMBERS,
): Gain | null {
  const n = served.q.length;
  const { leastLabels, leastStretches } = recalibration;
  const stretches = stretchesFor(n);
  if (n === 0 || !divide(served.submittedAt, longWaitSeconds, stretches)) return null;
  const { count } = stretches;
  if (n < leastLabels || count < leastStretches) return null;
  const gains = served.q.map(
    (q, i) => lossOf(q, served.y[i] ?? 0) - lossOf(other.q[i] ?? Number.NaN, served.y[i] ?? 0),
  );
  const gain = gains.reduce((sum, one) => sum + one, 0) / n;
  let [plain, robust] = [0, 0];
  for (let g = 0, j = 0; g < count; g++) {
    let sum = 0;
    for (const end = stretches.ends[g] ?? 0; j < end; j++) {
      const off = (gains[stretches.order[j] ?? 0] ?? 0) - gain;
      plain += off ** 2;
      sum += off;
    }
    robust += sum ** 2;
  }
  const se = Math.sqrt(Math.max(robust * (count / (count - 1)), plain)) / n;
  return { gain, se, stretches: count };
}

/** Whether the lower end of the one-sided interval is above 0; false for NaN. */
export function isBeyondNoise({ gain, se }: Pick<Gain, 'gain' | 'se'>, z: number): boolean {
  return gain - z * se > 0;
}

/** Mean log loss in nats. */
export function logLoss({ q, y }: ServedSample): number {
  let sum = 0;
  for (let i = 0; i < q.length; i++) sum += lossOf(q[i] ?? Number.NaN, y[i] ?? 0);
  return sum / q.length;
}
