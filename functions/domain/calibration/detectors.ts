import { NUMBERS, type Numbers } from '../thresholds.ts';
import { clip, heldLogit } from './normal.ts';

/** The miscalibrations tested with one slope, each with its index among the statistics. */
interface Shifts {
  readonly slope: number;
  readonly places: Uint8Array;
  readonly factors: Float64Array;
}

/**
 * Groups (a, b) of sigmoid(a + b logit q) by slope: sigmoid(a + b x) is 1 / (1 + e^-a e^-bx), so with e^-a precomputed a label
 * takes five exponentials instead of thirteen.
 */
function shiftsOf(pairs: readonly (readonly [a: number, b: number])[]): readonly Shifts[] {
  const placed = pairs.map(([a, b], place) => ({ a, b, place }));
  return [...Map.groupBy(placed, ({ b }) => b)].map(([slope, shifts]) => ({
    slope,
    places: Uint8Array.from(shifts, ({ place }) => place),
    factors: Float64Array.from(shifts, ({ a }) => Math.exp(-a)),
  }));
}

/** On served q: the thirteen of CALIBRATION.md section 5. */
const SERVED = shiftsOf([
  [0.6, 1],
  [-0.6, 1],
  [1.2, 1],
  [-1.2, 1],
  [2, 1],
  [-2, 1],
  [0, 0.35],
  [0, 0.6],
  [0, 1.7],
  [1, 0.6],
  [-1, 0.6],
  [0.8, 1.6],
  [-0.8, 1.6],
]);
/**
 * On raw p: smaller shifts, because with spread-out probabilities a true ECE of .10 is a shift of only .4 to .5. The largest
 * of them notices bigger shifts soon enough.
 */
const RAW = shiftsOf([
  [0.4, 1],
  [-0.4, 1],
  [0.8, 1],
  [-0.8, 1],
  [1.4, 1],
  [-1.4, 1],
  [0, 0.35],
  [0, 0.6],
  [0, 1.7],
  [1, 0.6],
  [-1, 0.6],
  [0.5, 0.6],
  [-0.5, 0.6],
]);

/** Updates the e-CUSUM of calibration with one probability and its label; true on alarm, after which it restarts. */
export function watchCalibration(
  statistics: Float64Array,
  probability: number,
  y: 0 | 1,
  { calibration: { detectors } }: Numbers = NUMBERS,
): boolean {
  const { alarm, tolerance } = detectors;
  const q = held(probability);
  const x = heldLogit(probability);
  for (const { slope, places, factors } of SERVED) {
    const power = Math.exp(-slope * x);
    for (let i = 0; i < places.length; i++) {
      const ratio = ratioOf((factors[i] ?? 1) * power, q, y, tolerance);
      const place = places[i] ?? 0;
      statistics[place] = Math.max(statistics[place] ?? 0, 1) * ratio;
    }
  }
  return alarmed(statistics, alarm);
}

/**
 * The same on raw p, to detect drift of the *model*. An alarm here costs no autonomy, so it may come sooner. The
 * Shiryaev-Roberts form (statistic + 1) sums the evidence over every possible onset of the drift, where the CUSUM takes the
 * best one. With its alarm at 2500 instead of 1000 it gives false alarms on fewer than 1 in 10,000 calibrated jobs, and
 * notices a true ECE of .10 in real p after about 120 jobs, nine times in ten within 230: `npm run bench -- detector`.
 */
export function watchModel(
  statistics: Float64Array,
  probability: number,
  y: 0 | 1,
  { calibration: { detectors } }: Numbers = NUMBERS,
): boolean {
  const { modelAlarm, tolerance } = detectors;
  const q = held(probability);
  const x = heldLogit(probability);
  for (const { slope, places, factors } of RAW) {
    const power = Math.exp(-slope * x);
    for (let i = 0; i < places.length; i++) {
      const ratio = ratioOf((factors[i] ?? 1) * power, q, y, tolerance);
      const place = places[i] ?? 0;
      // A shift within the tolerance is no evidence either way. Counted as an onset it would add one per job, and a quiet cluster
      // whose p is always .01 would reach the alarm just by counting.
      if (ratio !== 1) statistics[place] = ((statistics[place] ?? 0) + 1) * ratio;
    }
  }
  return alarmed(statistics, modelAlarm);
}

const held = (probability: number): number => clip(probability, 1e-4, 1 - 1e-4);

/** Likelihood ratio between a shift, given as odds against a long wait, and the nearest tolerated probability. */
function ratioOf(odds: number, q: number, y: 0 | 1, tolerance: number): number {
  const h = clip(1 / (1 + odds), 0.001, 0.999);
  const nearest = clip(h, q - tolerance, q + tolerance);
  return y === 1 ? h / nearest : (1 - h) / (1 - nearest);
}

function alarmed(statistics: Float64Array, alarm: number): boolean {
  let sum = 0;
  for (let i = 0; i < statistics.length; i++) sum += statistics[i] ?? 0;
  if (sum / statistics.length < alarm) return false;
  statistics.fill(0);
  return true;
}
