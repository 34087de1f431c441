/** Every number of the recalibration machine (CALIBRATION.md section 7) in one place. */
export const RECALIBRATION = {
  /** Newest labels that are looked at: the older half fits a map, the newer half has to prove it. */
  window: 1200,
  /** Below this a half is mostly noise, so nothing is fitted. */
  leastLabels: 300,
  /** Labels between two attempts. */
  every: 100,
  /** Labels that a new epoch is given before another fit may replace it: twice its time capped at notify. */
  settle: 200,
  /** A level of a map stands on at least so many labels. */
  mass: 10,
  /** Neighbouring labels share a queue and are not independent: errors are those of contiguous blocks. */
  blocks: 10,
  /** Both gains of a candidate have to be above so many standard errors: one-sided 95 % of Student's t for ten blocks. */
  z: 1.833,
  watch: {
    /** A promoted map is looked at each time so many more labels have met it, until `labels` have. */
    every: 50,
    labels: 300,
    /** Ten blocks and six looks: Student's t with 9 degrees of freedom at .05 / 6, one-sided. */
    z: 2.9,
    blocks: 10,
    /** Nats of log loss; less is no reason to restart the experts. */
    margin: 0.03,
  },
} as const;
