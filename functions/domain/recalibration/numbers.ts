/** Every number of the recalibration machine (CALIBRATION.md section 7) in one place. */
export const RECALIBRATION = {
  /** How many of the newest rounds a refit learns from. */
  window: 5000,
  /** The share of them, the oldest, used only for fitting; the newer ones serve as proof. */
  fitted: 0.7,
  /** Fewer labels of proof, or fewer stretches of time, and gains are mostly noise. */
  leastLabels: 200,
  leastStretches: 5,
  /** A gain must exceed noise with one-sided 95 % confidence. */
  z: 1.645,
  /** Labels a new epoch gets before another refit may replace it: as long as it is watched. */
  settle: 500,
  watch: {
    /** A promoted refit is checked every this many labels, until `labels` jobs of its own are labelled. */
    every: 100,
    labels: 500,
    /** For the checks before the last: one-sided 99 %, so that repeated checks do not find a difference in noise. */
    earlyZ: 2.326,
  },
} as const;
