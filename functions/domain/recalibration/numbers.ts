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
  /** Neighbouring jobs share a queue and are not independent: errors are those of blocks of time, at most and at least so many. */
  blocks: 10,
  leastBlocks: 5,
  /** Both gains of a candidate have to be above noise with one-sided 95 % certainty. */
  z: 1.645,
  watch: {
    /** A promoted map is looked at each time so many more labels have met it, until `labels` have. */
    every: 50,
    labels: 300,
    /** Six looks: one-sided .05 / 6. */
    z: 2.394,
  },
} as const;
