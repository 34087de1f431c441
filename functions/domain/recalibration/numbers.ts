/** Every number of the recalibration machine (CALIBRATION.md section 7) in one place. */
export const RECALIBRATION = {
  /** Newest rounds of the ledger that a refit learns from. */
  window: 5000,
  /** The share of them, the older ones, that only fit; the newer ones have to prove it. */
  fitted: 0.7,
  /** Below this, gains are mostly noise: labels that prove, and stretches of time that they are of. */
  leastLabels: 200,
  leastStretches: 5,
  /** A gain has to be above noise with one-sided 95 % certainty. */
  z: 1.645,
  /** Labels that a new epoch is given before another refit may replace it: for as long as it is watched. */
  settle: 500,
  watch: {
    /** A promoted refit is looked at each time so many more labels are known, until `labels` jobs of its own have theirs. */
    every: 100,
    labels: 500,
    /** Of the looks before the last: one-sided 99 %, so that looking often does not find what is not there. */
    earlyZ: 2.326,
  },
} as const;
