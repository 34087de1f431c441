/** Numbers of the built-in forecast (CALIBRATION.md section 3). */
export const FORECAST = {
  logistic: {
    /** A memory of about 2,000 labels. */
    forgetting: 0.9995,
    /** Of the running means and variances of the inputs, from the thousandth submission on. */
    moments: 0.001,
    /** An input counts as this many standard deviations at most. */
    farthest: 4,
  },
  platt: { forgetting: 0.995 },
  /** How many of the last starts and labels the inputs are means of. */
  recent: { waits: 20, longs: 50, shapeWaits: 5, shapeLongs: 10, queueWaits: 10 },
  /** Shapes and queues whose history is kept; the one added to longest ago leaves. */
  tables: { shapes: 200, queues: 100 },
  /** Submissions of so many seconds, the first and the last included, make the rate. */
  rateSeconds: 60,
  /** Before any label, as a share of long waits; before any other submission, as log seconds since it. */
  unknown: { longs: 0.1, sinceLast: 10 },
  /** The running mean of run times, which stands in for one that nobody reports. */
  run: { firstSeconds: 3600, step: 0.05 },
  /** A job of which nothing is heard for so long has left unseen. */
  ageSeconds: 30 * 86_400,
  /** VGAC's p is let in by the log loss of so many labels, with one-sided 95 % certainty. */
  choice: { labels: 1000, block: 10, fewestLabels: 200, fewestStretches: 5, z: 1.645 },
} as const;
