/** Numbers of the built-in forecast (CALIBRATION.md section 3). */
export const FORECAST = {
  logistic: {
    /** A memory of about 2,000 labels. */
    forgetting: 0.9995,
    /** Step of the running means and variances of the inputs, from the thousandth submission on. */
    moments: 0.001,
    /** Inputs are clamped to this many standard deviations. */
    farthest: 4,
  },
  platt: { forgetting: 0.995 },
  /** The inputs are means over this many of the last starts and labels. */
  recent: { waits: 20, longs: 50, shapeWaits: 5, shapeLongs: 10, queueWaits: 10 },
  /** Most shapes and queues with a history; the one that grew longest ago leaves. */
  tables: { shapes: 200, queues: 100 },
  /** The rate counts the submissions of this many seconds, first and last included. */
  rateSeconds: 60,
  /** Initial values: the share of long waits before any label, and log seconds since the last submission before any. */
  unknown: { longs: 0.1, sinceLast: 10 },
  /** The running mean of run times, which stands in for an unreported one. */
  run: { firstSeconds: 3600, step: 0.05 },
  /** A job without events for this long is taken to have left. */
  ageSeconds: 30 * 86_400,
  /** VGAC's p is used once the log loss of this many labels proves a gain with one-sided 95 % confidence. */
  choice: { labels: 1000, block: 10, fewestLabels: 200, fewestStretches: 5, z: 1.645 },
} as const;
