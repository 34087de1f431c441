import type { Kind, TierName } from '../../schemas/primitives.ts';
import { TIERS } from '../../schemas/tiers.ts';
import { RECALIBRATION } from './recalibration/numbers.ts';

/**
 * Every number of the gate (DESIGN.md section 3, CALIBRATION.md sections 4, 6 and 7) in one place.
 * What is configured per cluster (limits, freshness, asking) is in schemas/config.ts with its defaults; the numbers of a
 * tier stand here, because a configuration may only tighten them.
 */
export const GATE = frozen({
  /** Below 50 labels the ECE is mostly noise, so a high score is not trusted. */
  minimumLabels: 50,
  /** An ECE is known once 1.645 standard errors are this small: 100 outcomes of two bad hours are not calibration. */
  eceKnown: 0.08,
  /** Strict: exactly 0.85 is notify, exactly 0.60 is escalate. */
  score: { autonomous: 0.85, notify: 0.6 },
  /** Labels that a new epoch has to see before it may act without telling anyone. */
  promotedLabels: 100,
  /** Within 10 % of its limit a tier that is not earned is called marginal. */
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
    /** Labels with the bound back under its band before an announced verdict is lifted. */
    clear: 100,
  },
  /** A population stability index from here on is noticeable; it is shown and gates nothing. */
  psi: 0.1,
  /** A job submitted longer ago than this is recorded, never acted on. */
  oldestSeconds: 86_400,
  /** Clocks differ a little; a time further ahead than this is a broken clock. */
  aheadSeconds: 300,
  /** A snapshot of a queue that comes later than this says less than the events since. */
  snapshotSeconds: 300,
  /** A bound on the wait beyond this helps nobody: the statement is then "cannot predict". */
  usefulSeconds: 30 * 86_400,
  /** After submit + T, so that a start on its way is not mistaken for a long wait. */
  labelGraceSeconds: 60,
});

export { TIERS };

/** Tokens are counted in ten-thousandths, as integers: sums of thousands of them are exact. */
export const TOKEN = 10_000;

/** Numbers of the tokens that all tiers share (CALIBRATION.md section 4). */
export const TOKENS = frozen({
  /** A paper trade counts one tenth. */
  paper: 10,
  /** The cap of a tier is at least so many times what is open at once: no label can come sooner than T. */
  openToCap: 4,
  /** Of the demand of a tier, what each further call keeps. */
  demandKept: 0.999,
  /** Free tokens that a statement and an intervention need. */
  need: { statement: 1, intervention: 2 },
  /** Share of interventions that is left out on purpose: `keep` / free tokens, within these. */
  holdOut: { least: 0.05, most: 0.5, keep: 2 },
});

/** What one tier needs and promises. `ece` is R; the promise is eps - R, and may only be configured higher. */
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

/** Labels that the calibration of a cluster looks back on, and the most of one stretch (of T) among them. */
export const OUTCOME_RING = frozen({ size: 1000, quota: 50 });

/** Labels that one tier's evidence looks back on, and the most of one stretch (of 4 T) among them. */
export const EVIDENCE_RING = frozen({ size: 200, quota: 25, stretchInT: 4 });

/** Numbers of the fold (CALIBRATION.md sections 2, 3 and 5). */
export const CALIBRATION = frozen({
  /** How often, in labels, ECE and skill are computed anew. */
  recomputeEvery: 10,
  detectors: {
    /** A mean of 1000 is false less than once in a thousand while the null hypothesis holds (Ville's inequality). */
    alarm: 1000,
    modelAlarm: 2500,
    /** A gap of calibration this small is nobody's alarm. */
    tolerance: 0.02,
    /** Labels for which an alarm is shown, and asks for a recalibration. */
    shownFor: 300,
  },
  /** How far a missed bound moves, and the share of waits that each tracker lets by: 5 % on either side, 10 % above. */
  interval: { step: 0.05, lo: 0.05, hi: 0.05, up: 0.1 },
});

/**
 * The numbers that rules and fold go by, as deployed. A calibration state carries the ones it is folded by, so that a back-test can
 * try others (overrides.ts) without touching these.
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

/** Frozen all the way down: no import can move a number for everybody else in the process. */
export function frozen<Table extends object>(table: Table): Frozen<Table>;
export function frozen(table: object): object {
  for (const inner of Object.values(table)) if (typeof inner === 'object') frozen(inner);
  return Object.freeze(table);
}
