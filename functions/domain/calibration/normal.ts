/** The functions of the normal and logistic distributions that calibration needs. */

/** One-sided 90, 95 and 99 % of the standard normal. */
export const Z90 = 1.2816;
export const Z95 = 1.645;
export const Z99 = 2.3263;

const TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);

/**
 * Error function, to about 1e-15: Taylor series near zero, Legendre's continued fraction of erfc in the tail.
 * Implemented here because the debiased ECE needs it in closed form and JavaScript has none.
 */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (size > 6) return Math.sign(x);
  if (size < 2.5) {
    let term = x;
    let sum = x;
    for (let k = 1; Math.abs(term) > 1e-17 * Math.abs(sum) && k < 200; k++) {
      term *= (-x * x) / k;
      sum += term / (2 * k + 1);
    }
    return TWO_OVER_SQRT_PI * sum;
  }
  let fraction = 0;
  for (let k = 60; k >= 1; k--) fraction = k / 2 / (size + fraction);
  return Math.sign(x) * (1 - Math.exp(-size * size) / (Math.sqrt(Math.PI) * (size + fraction)));
}

/**
 * E|d + sZ| for standard normal Z: the mean of a folded normal distribution.
 *
 * @param d mean
 * @param s standard deviation, >= 0
 */
export function expectedAbsolute(d: number, s: number): number {
  if (s === 0) return Math.abs(d);
  const r = d / s;
  return s * Math.sqrt(2 / Math.PI) * Math.exp((-r * r) / 2) + d * erf(r / Math.SQRT2);
}

export function clip(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}

/** Arguments are clamped to +-30, so that the result never rounds to 0 or 1. */
export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-clip(x, -30, 30)));
}

export function logit(p: number): number {
  return Math.log(p / (1 - p));
}

/** Probabilities closer to 0 or 1 are clamped to this: no single label may outweigh a thousand others. */
const EDGE = 0.001;

/** The logit of a probability, clamped away from 0 and 1. */
export function heldLogit(p: number): number {
  return logit(clip(p, EDGE, 1 - EDGE));
}
