import type { Kind, TierName } from '../../schemas/primitives.ts';
import { TIERS } from '../../schemas/tiers.ts';
import { RECALIBRATION } from './recalibration/numbers.ts';

/**
 * Every number of the gate (DESIGN.md section 3, CALIBRATION.md sections 4, 6 and 7) in one place.
 * Per-cluster settings (limits, freshness, asking) are in schemas/config.ts with their defaults; the numbers of a tier are
 * here, because a configuration may only tighten them.
 */
export const GATE = frozen({
  /** Below 50 labels the ECE is mostly noise, so a high score is not trusted. */
  minimumLabels: 50,
  /** An ECE counts as known once 1.645 standard errors are this small: 100 outcomes from two bad hours prove nothing. */
  eceKnown: 0.08,
  /** Strict: exactly 0.85 is notify, exactly 0.60 is escalate. */
  score: { autonomous: 0.85, notify: 0.6 },
  /** Labels a new epoch must see before it may act without notifying anyone. */
  promotedLabels: 100,
  /** An unearned tier within 10 % of its limit is called marginal. */
  marginal: 1.1,
  evidence: { labels: 20, stretches: 5 },
  drift: {
    /** No baseline below this: an ECE of .018 is as good as it gets. */
    floor: 0.018,
    /** Ratios that are exceeded: exactly 2.0 is monitor. */
    monitor: 1.5,
    degrade: 2,
    escalate: 5,
    labels: 100,
    /** Labels for which the bound must stay below its band before an announced verdict is lifted. */
    clear: 100,
  },
  /** From here on a population stability index is noticeable; it is shown and gates nothing. */
  psi: 0.1,
  /** A job submitted longer ago than this is recorded, never acted on. */
  oldestSeconds: 86_400,
  /** Clocks differ a little; a time further ahead than this means a broken clock. */
  aheadSeconds: 300,
  /** A queue snapshot older than this says less than the events since. */
  snapshotSeconds: 300,
  /** A bound on the wait beyond this is useless: the statement is then "cannot predict". */
  usefulSeconds: 30 * 86_400,
  /** Added to submit + T, so that a start event in transit is not mistaken for a long wait. */
  labelGraceSeconds: 60,
});

export { TIERS };

/** Clusters that nobody configured and that may become known by an event, on one UTC day. */
export const NEW_CLUSTERS_PER_DAY = 20;

/**
 * Clusters that one execution of the drift monitor visits. A visit takes some 15 events of its history, and about 110 where
 * everything is retried to the end; AWS ends an execution at 25,000.
 */
export const CLUSTERS_PER_RUN = 100;

/** Tokens are integers in ten-thousandths, so that sums of thousands of them are exact. */
export const TOKEN = 10_000;

/** Numbers of the tokens that all tiers share (CALIBRATION.md section 4). */
export const TOKENS = frozen({
  /** A paper trade counts one tenth. */
  paper: 10,
  /** The cap of a tier is at least this multiple of what is open at once, since no label can come before T. */
  openToCap: 4,
  /** The share of a tier's demand that remains after each further call. */
  demandKept: 0.999,
  /** Free tokens needed by a statement and by an intervention. */
  need: { statement: 1, intervention: 2 },
  /** Share of interventions held out: `keep` / free tokens, within these limits. */
  holdOut: { least: 0.05, most: 0.5, keep: 2 },
});

/** What one tier needs and promises. `ece` is R; the promise is eps - R, and configuration may only raise it. */
export interface TierNumbers {
  readonly eps: number;
  readonly ece: number;
  readonly tokens: number;
  readonly cap: number;
}

export const TIER_NUMBERS: Readonly<Record<TierName, TierNumbers>> = frozen({
  annotate: { eps: 0.3, ece: 0.1, tokens: 20, cap: 60 },
  warn: { eps: 0.5, ece: 0.07, tokens: 20, cap: 40 },
  suggest: { eps: 0.7, ece: 0.05, tokens: 20, cap: 60 },
  gate: { eps: 0.9, ece: 0.03, tokens: 20, cap: 40 },
});

/** Labels behind a cluster's calibration, and the most of them from one stretch (of T). */
export const OUTCOME_RING = frozen({ size: 1000, quota: 50 });

/** Labels behind one tier's evidence, and the most of them from one stretch (of 4 T). */
export const EVIDENCE_RING = frozen({ size: 200, quota: 25, stretchInT: 4 });

/** Numbers of the fold (CALIBRATION.md sections 2, 3 and 5). */
export const CALIBRATION = frozen({
  /** ECE and skill are recomputed every so many labels. */
  recomputeEvery: 10,
  detectors: {
    /** While the null hypothesis holds, a mean of 1000 occurs with probability below 1/1000 (Ville's inequality). */
    alarm: 1000,
    modelAlarm: 2500,
    /** A calibration gap this small raises no alarm. */
    tolerance: 0.02,
    /** Labels for which an alarm is shown and asks for a recalibration. */
    shownFor: 300,
  },
  /** How far a miss moves a bound, and the share of waits each tracker may miss: 5 % on either side, 10 % above. */
  interval: { step: 0.05, lo: 0.05, hi: 0.05, up: 0.1 },
});

/** Numbers of effects on a scheduler. */
export const EFFECTS = frozen({
  /** A call that changes something has this long. An effect that is not seen by then has not arrived, and will not. */
  callSeconds: 10,
  /** What permits an effect is this old at most: an agent's decision, or an approval past its expiry. */
  permissionSeconds: 900,
});

/**
 * The deployed numbers of rules and fold. A calibration state carries the ones it is folded with, so that a back-test can try
 * others (overrides.ts) without touching these.
 */
export const NUMBERS = frozen({
  gate: GATE,
  tiers: TIER_NUMBERS,
  tokens: TOKENS,
  outcomeRing: OUTCOME_RING,
  evidenceRing: EVIDENCE_RING,
  calibration: CALIBRATION,
  recalibration: RECALIBRATION,
});

export type Numbers = typeof NUMBERS;

/** `suggest` for 3, `nothing` for 0; for people. */
export function tierName(tier: number): TierName | 'nothing' {
  return TIERS[tier - 1] ?? 'nothing';
}

/** Tiers 1 and 2 say something; 3 and 4 touch the scheduler. */
export function kindOf(tier: number): Kind {
  return tier >= 3 ? 'intervention' : 'statement';
}

type Frozen<Table> = { readonly [name in keyof Table]: Table[name] extends number ? number : Frozen<Table[name]> };

/** Deeply frozen: no module can change a number for the rest of the process. */
export function frozen<Table extends object>(table: Table): Frozen<Table>;
export function frozen(table: object): object {
  for (const inner of Object.values(table)) if (typeof inner === 'object') frozen(inner);
  return Object.freeze(table);
}
