import { clip, heldLogit } from './normal.ts';
import { CALIBRATION } from './state.ts';

/** Miscalibrations that are looked for, in columns. */
interface Shifts {
  readonly slopes: Float64Array;
  readonly slopeOf: Uint8Array;
  readonly factors: Float64Array;
}

/**
 * Of (a, b) of sigmoid(a + b logit q). Each slope once: sigmoid(a + b x) is 1 / (1 + e^-a e^-bx), so that with e^-a ready
 * beforehand a label takes five exponentials instead of thirteen.
 */
function shiftsOf(pairs: readonly (readonly [a: number, b: number])[]): Shifts {
  const slopes = [...new Set(pairs.map(([, b]) => b))];
  return {
    slopes: Float64Array.from(slopes),
    slopeOf: Uint8Array.from(pairs, ([, b]) => slopes.indexOf(b)),
    factors: Float64Array.from(pairs, ([a]) => Math.exp(-a)),
  };
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
 * On raw p: smaller ones, because a true ECE of .10 in probabilities that are spread out is a shift of .4 to .5 and no
 * more. What moves further is noticed soon enough by the largest.
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

/** Updates the e-CUSUM of calibration with one probability and its label; true on alarm, after which it starts anew. */
export function watchCalibration(statistics: Float64Array, probability: number, y: 0 | 1): boolean {
  const ratios = ratiosOf(SERVED, probability, y);
  let sum = 0;
  for (let i = 0; i < ratios.length; i++) {
    const next = Math.max(statistics[i] ?? 0, 1) * (ratios[i] ?? 1);
    statistics[i] = next;
    sum += next;
  }
  return alarmed(statistics, sum, CALIBRATION.detectors.alarm);
}

/**
 * The same on raw p, to say that the *model* drifted: there an alarm costs no autonomy, so it may come sooner. The
 * Shiryaev-Roberts form (statistic + 1) adds up the evidence of every possible beginning of the drift where the CUSUM
 * takes the best one. With its alarm at 2500 instead of 1000 it gives false alarms in fewer than 1 of 10,000 calibrated
 * jobs, and notices a true ECE of .10 in real p after about 120 jobs, nine in ten within 230: `npm run bench -- detector`.
 */
export function watchModel(statistics: Float64Array, probability: number, y: 0 | 1): boolean {
  const ratios = ratiosOf(RAW, probability, y);
  let sum = 0;
  for (let i = 0; i < ratios.length; i++) {
    const ratio = ratios[i] ?? 1;
    const before = statistics[i] ?? 0;
    // A shift that is tolerated here says nothing either way. Counted as a beginning all the same, it would add one for
    // each job, and a quiet cluster whose p is always .01 would reach the alarm by counting alone.
    const next = ratio === 1 ? before : (before + 1) * ratio;
    statistics[i] = next;
    sum += next;
  }
  return alarmed(statistics, sum, CALIBRATION.detectors.modelAlarm);
}

/** Room for what one label says; written anew by each. */
const powers = new Float64Array(13);
const ratios = new Float64Array(13);

/** Likelihood ratio of each shift against the nearest probability that is still tolerated. */
function ratiosOf({ slopes, slopeOf, factors }: Shifts, probability: number, y: 0 | 1): Float64Array {
  const { tolerance } = CALIBRATION.detectors;
  const q = clip(probability, 1e-4, 1 - 1e-4);
  const x = heldLogit(probability);
  for (let i = 0; i < slopes.length; i++) powers[i] = Math.exp(-(slopes[i] ?? 1) * x);
  for (let i = 0; i < factors.length; i++) {
    const h = clip(1 / (1 + (factors[i] ?? 1) * (powers[slopeOf[i] ?? 0] ?? 1)), 0.001, 0.999);
    const nearest = clip(h, q - tolerance, q + tolerance);
    ratios[i] = y === 1 ? h / nearest : (1 - h) / (1 - nearest);
  }
  return ratios;
}

function alarmed(statistics: Float64Array, sum: number, alarm: number): boolean {
  if (sum / statistics.length < alarm) return false;
  statistics.fill(0);
  return true;
}
