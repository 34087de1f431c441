/**
 * Every number of the gate (DESIGN.md section 3, CALIBRATION.md sections 4, 6 and 7) in one place.
 * What is configured per cluster (budgets, limits, freshness, hold-out) is in schemas/config.ts with its defaults.
 */
export const GATE = {
  /** Below 50 labels the ECE is mostly noise, so a high score is not trusted. */
  minimumLabels: 50,
  /** Strict: exactly 0.85 is notify, exactly 0.60 is escalate. */
  score: { autonomous: 0.85, notify: 0.6 },
  /** Labels that a promoted map has to see before it may act without telling anyone. */
  promotedLabels: 100,
  /** Served probability from which a tier is proposed, by tier. */
  eps: { annotate: 0.3, warn: 0.5, suggest: 0.7, gate: 0.9 },
  /** Upper bound on ECE that still earns a tier, and roughly how many labels that takes. */
  tiers: {
    annotate: { ece: 0.1, labels: 100 },
    warn: { ece: 0.07, labels: 200 },
    suggest: { ece: 0.05, labels: 400 },
    gate: { ece: 0.03, labels: 800 },
  },
  /** Within 10 % of its limit a tier that is not earned is called marginal. */
  marginal: 1.1,
  /** Recent harm: more than one in ten, over at least twenty. */
  harm: { rate: 0.1, labels: 20 },
  /** Each decision in flight needs one whole token. */
  freeTokens: 1,
  drift: {
    /** No baseline below this: an ECE of .018 is as good as it gets. */
    floor: 0.018,
    /** Ratios that are exceeded: exactly 2.0 is monitor. */
    monitor: 1.5,
    degrade: 2,
    escalate: 5,
    labels: 100,
    /** Labels with the bound back under its band before a verdict is lifted. */
    clear: 100,
  },
  /** A job submitted longer ago than this is recorded, never acted on. */
  oldestSeconds: 86_400,
  /** Clocks differ a little; a submission further ahead than this is a broken clock. */
  aheadSeconds: 300,
  /** A bound on the wait beyond this helps nobody: the statement is then "cannot predict". */
  usefulSeconds: 86_400,
  /** After submit + T, so that a start on its way is not mistaken for a long wait. */
  labelGraceSeconds: 60,
} as const;
