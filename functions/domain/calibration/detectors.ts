import { clip, logit } from './normal.ts';
import { CALIBRATION } from './state.ts';

const HARM_ALTERNATIVES = [0.15, 0.3, 0.6] as const;

/** Miscalibrations that are looked for, as (a, b) of sigmoid(a + b logit q). */
const SHIFTS = [
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
] as const;
/**
 * The same in columns, each slope once: sigmoid(a + b x) is 1 / (1 + e^-a e^-bx), so that with e^-a ready beforehand a
 * label takes five exponentials instead of thirteen.
 */
const SLOPES: readonly number[] = [...new Set(SHIFTS.map(([, b]) => b))];
const SLOPE_OF = Uint8Array.from(SHIFTS, ([, b]) => SLOPES.indexOf(b));
const FACTORS = Float64Array.from(SHIFTS, ([a]) => Math.exp(-a));

/** Updates the e-CUSUM of harm with one class that was right or wrong; true on alarm, after which it starts anew. */
export function watchHarm(statistics: Float64Array, wrong: boolean): boolean {
  const { alarm, harmNull } = CALIBRATION.detectors;
  let sum = 0;
  for (let i = 0; i < HARM_ALTERNATIVES.length; i++) {
    const rate = HARM_ALTERNATIVES[i] ?? harmNull;
    const ratio = wrong ? rate / harmNull : (1 - rate) / (1 - harmNull);
    const next = Math.max(statistics[i] ?? 0, 1) * ratio;
    statistics[i] = next;
    sum += next;
  }
  return alarmed(statistics, sum, alarm);
}

/** Updates the e-CUSUM of calibration with one probability and its label; true on alarm, after which it starts anew. */
export function watchCalibration(statistics: Float64Array, probability: number, y: 0 | 1): boolean {
  const ratios = ratiosOf(probability, y);
  let sum = 0;
  for (let i = 0; i < SHIFTS.length; i++) {
    const next = Math.max(statistics[i] ?? 0, 1) * (ratios[i] ?? 1);
    statistics[i] = next;
    sum += next;
  }
  return alarmed(statistics, sum, CALIBRATION.detectors.alarm);
}

/**
 * The same on raw p, to say that the *model* drifted: there an alarm costs no autonomy, so it may come sooner. The
 * Shiryaev-Roberts form (statistic + 1) adds up the evidence of every possible beginning of the drift where the CUSUM
 * takes the best one; with its alarm at 3000 instead of 1000 it gives false alarms in fewer than 1 of 10,000 calibrated
 * jobs, and notices a true ECE of .10 in real p after about 120 jobs (nine in ten within 250) instead of 150 (330).
 */
export function watchModel(statistics: Float64Array, probability: number, y: 0 | 1): boolean {
  const ratios = ratiosOf(probability, y);
  let sum = 0;
  for (let i = 0; i < SHIFTS.length; i++) {
    const next = ((statistics[i] ?? 0) + 1) * (ratios[i] ?? 1);
    statistics[i] = next;
    sum += next;
  }
  return alarmed(statistics, sum, CALIBRATION.detectors.modelAlarm);
}

/** Room for what one label says; written anew by each. */
const powers = new Float64Array(SLOPES.length);
const ratios = new Float64Array(SHIFTS.length);

/** Likelihood ratio of each shift against the nearest probability that is still tolerated. */
function ratiosOf(probability: number, y: 0 | 1): Float64Array {
  const { tolerance } = CALIBRATION.detectors;
  const q = clip(probability, 1e-4, 1 - 1e-4);
  const x = logit(clip(probability, 0.001, 0.999));
  for (let i = 0; i < SLOPES.length; i++) powers[i] = Math.exp(-(SLOPES[i] ?? 1) * x);
  for (let i = 0; i < SHIFTS.length; i++) {
    const h = clip(1 / (1 + (FACTORS[i] ?? 1) * (powers[SLOPE_OF[i] ?? 0] ?? 1)), 0.001, 0.999);
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
