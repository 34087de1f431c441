import type { Decision } from '../../schemas/decision.ts';
import type { JobItem, RowStatus } from '../../schemas/items/job.ts';
import type { Outline } from '../../schemas/items/listing.ts';
import type { TierState } from './calibration/state.ts';
import { ledgerEntry } from './ledger-entry.ts';

import { TOKEN, TOKENS } from './thresholds.ts';
import { type TierRules, testedFrom } from './tier-numbers.ts';

/**
 * What became of a job. Each job has exactly one, so that they add up to all jobs on every surface (CALIBRATION.md
 * section 6): page, terminal, `--summary`, back-test, metrics and digest.
 */
export const PARTS = ['nothingNeeded', 'acted', 'heldOut', 'asked', 'withheld', 'late', 'failed', 'undecided'] as const;
export type Part = (typeof PARTS)[number];

/** The part of a decision that is still open. */
const PART_OF_NEXT: Readonly<Record<Decision['next'], Part>> = {
  nothing: 'nothingNeeded',
  act: 'acted',
  actAndNotify: 'acted',
  holdOut: 'heldOut',
  ask: 'asked',
  withhold: 'withheld',
  late: 'late',
};

/** The part of a closed row. What a switch refused at the last moment counts as withheld. */
const PART_OF_STATUS: Readonly<Record<RowStatus, Part>> = {
  nothingNeeded: 'nothingNeeded',
  acted: 'acted',
  heldOut: 'heldOut',
  withheld: 'withheld',
  late: 'late',
  approved: 'asked',
  denied: 'asked',
  expired: 'asked',
  void: 'asked',
  refused: 'withheld',
  failed: 'failed',
};

/** What became of a job, closed or open; `undecided` until it is decided. */
export function partOf(decision: Pick<Decision, 'next'> | null, status: RowStatus | null): Part {
  if (status !== null) return PART_OF_STATUS[status];
  return decision === null ? 'undecided' : PART_OF_NEXT[decision.next];
}

/** What one tier did autonomously, and how it turned out. Right and wrong are weights in tokens: a hold-out counts 1/h. */
export interface TierFigures {
  /** Jobs that called for exactly this tier. */
  called: number;
  acted: number;
  heldOut: number;
  right: number;
  wrong: number;
  /** The number of acts behind those weights. */
  things: number;
  /** Executed interventions whose label came: whether they were right cannot be observed. */
  touched: number;
  /** Long waits it had acted on. */
  reached: number;
}

/** The figures of a set of jobs. `calls` holds only what was called for, and only that counts towards autonomy. */
export interface Figures {
  jobs: number;
  readonly parts: Record<Part, number>;
  /** Acted on by a lower tier and also asked about. */
  alsoAsked: number;
  /** Tier 1 first. */
  readonly byTier: readonly [TierFigures, TierFigures, TierFigures, TierFigures];
  /** Jobs that did wait long. */
  longWaits: number;
}

/** What the figures count of one round. */
export interface RoundFacts {
  readonly part: Part;
  readonly alsoAsked: boolean;
  /** The tier called for, and the one done or held out; 0 for none. */
  readonly called: number;
  readonly tier: number;
  /** How what was done or held out turned out; null while open, or when it cannot be known. */
  readonly came: 'right' | 'wrong' | 'touched' | null;
  /** Its weight in tokens: 1, or 1/h for a hold-out. */
  readonly weight: number;
  /** Known to have waited long. */
  readonly waitedLong: boolean;
}

export function noFigures(): Figures {
  const tier = (): TierFigures => ({
    called: 0,
    acted: 0,
    heldOut: 0,
    right: 0,
    wrong: 0,
    things: 0,
    touched: 0,
    reached: 0,
  });
  const parts = { nothingNeeded: 0, acted: 0, heldOut: 0, asked: 0, withheld: 0, late: 0, failed: 0, undecided: 0 };
  return { jobs: 0, parts, alsoAsked: 0, byTier: [tier(), tier(), tier(), tier()], longWaits: 0 };
}

/**
 * Counts one round. @param times -1 subtracts what was counted for it earlier
 */
export function count(figures: Figures, facts: RoundFacts, times: 1 | -1 = 1): void {
  const { part, called, tier, came, weight } = facts;
  figures.jobs += times;
  figures.parts[part] += times;
  if (facts.alsoAsked) figures.alsoAsked += times;
  if (facts.waitedLong) figures.longWaits += times;
  const calledTier = figures.byTier[called - 1];
  if (calledTier !== undefined) calledTier.called += times;
  const done = figures.byTier[tier - 1];
  if (done === undefined) return;
  if (part === 'heldOut') done.heldOut += times;
  if (part === 'acted') done.acted += times;
  if (part === 'acted' && facts.waitedLong) done.reached += times;
  if (came === 'touched') done.touched += times;
  if (came !== 'right' && came !== 'wrong') return;
  done[came] += times * weight;
  done.things += times;
}

export function addFigures(into: Figures, other: Figures): void {
  into.jobs += other.jobs;
  into.alsoAsked += other.alsoAsked;
  into.longWaits += other.longWaits;
  for (const part of PARTS) into.parts[part] += other.parts[part];
  for (const [i, tier] of into.byTier.entries()) {
    const more = other.byTier[i];
    if (more === undefined) continue;
    tier.called += more.called;
    tier.acted += more.acted;
    tier.heldOut += more.heldOut;
    tier.right += more.right;
    tier.wrong += more.wrong;
    tier.things += more.things;
    tier.touched += more.touched;
    tier.reached += more.reached;
  }
}

/** Jobs that called for something. */
export function callsOf({ byTier }: Pick<Figures, 'byTier'>): number {
  return byTier.reduce((sum, { called }) => sum + called, 0);
}

/** Long waits that any tier had acted on. */
export function reachedOf({ byTier }: Pick<Figures, 'byTier'>): number {
  return byTier.reduce((sum, { reached }) => sum + reached, 0);
}

/** What a decision counts for before its job is closed or any outcome is known. */
export function decidedFacts(
  decision: (Pick<Decision, 'next' | 'called' | 'tier'> & Pick<Decision | Outline, 'asks'>) | null,
  status: RowStatus | null,
): RoundFacts {
  const part = partOf(decision, status);
  return {
    part,
    // What a switch refused is not asked about instead.
    alsoAsked: part === 'acted' && Boolean(decision?.asks),
    called: decision?.called ?? 0,
    tier: decision?.tier ?? 0,
    came: null,
    weight: 0,
    waitedLong: false,
  };
}

/** What a listing shows of a decision. */
export function outlineOf({ next, called, tier, asks, reasons }: Decision): Outline {
  const [first] = reasons;
  const reason = first === undefined ? null : { code: first.code, message: first.message };
  return { next, called, tier, asks: asks !== null, reason };
}

/** The same from a job's row, with the outcome as the fold settles it. */
export function roundFacts(row: JobItem): RoundFacts {
  const facts = decidedFacts(row.decision ?? null, row.status ?? null);
  const entry = ledgerEntry(row, 0);
  const waitedLong = row.long_wait === true && !keptWaitingByUs(row);
  if (entry === null || !entry.done) return { ...facts, waitedLong };
  const weight = entry.cost / TOKEN;
  if (entry.undone) return { ...facts, waitedLong, came: 'wrong', weight };
  if (entry.touched) return { ...facts, waitedLong, came: entry.heldOut ? null : 'touched', weight };
  if (entry.longWait === null) return { ...facts, waitedLong };
  return { ...facts, waitedLong, came: entry.longWait ? 'right' : 'wrong', weight };
}

/** A held job waits because it is held, which says nothing about how long it would have waited. */
function keptWaitingByUs({ effect, approved_effect }: JobItem): boolean {
  return [effect, approved_effect].some((one) => one?.intervened === true && one.action === 'hold');
}

/**
 * How right and wrong are known. `seen`: observed · `estimate`: from the hold-outs, since an intervention changes the very
 * job that would have shown it · `counterfactual`: from a trace on which nobody acted.
 */
export type Basis = 'seen' | 'estimate' | 'counterfactual';

/** How well a tier has kept its promise. Shares from 0 to 1. */
export interface Kept {
  /** Weights in tokens; hold-outs count 1/h. */
  readonly right: number;
  readonly settled: number;
  /** The number of acts behind those weights. */
  readonly things: number;
  /** Share of settled acts that were right, with Wilson's two-sided 90 % interval; null while nothing is settled. */
  readonly share: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  /** pi; null for a sum over clusters with different values. */
  readonly promise: number | null;
  /** Acts needed before the promise means anything, K / (1 - pi), and acts so far. */
  readonly testedFrom: number;
  readonly done: number;
  readonly tested: boolean;
  readonly basis: Basis;
}

/** A set of acts measured against the promise of their tier. */
export function keptOf(
  { right, wrong, things, touched }: Pick<TierFigures, 'right' | 'wrong' | 'things' | 'touched'>,
  rules: Pick<TierRules, 'kind' | 'promise' | 'start'>,
  basis: Basis = basisOf(rules),
): Kept {
  const settled = right + wrong;
  const needed = testedFrom(rules);
  const done = things + touched;
  return {
    right,
    settled,
    things,
    ...intervalOf(right, settled, things),
    promise: rules.promise,
    testedFrom: Math.ceil(needed),
    done,
    tested: done >= needed,
    basis,
  };
}

/** The same from a tier's state: since its tokens started, across any process restarts. */
export function keptByState(tier: TierState, rules: TierRules): Kept {
  const things = tier.right + tier.wrong + tier.heldRight + tier.heldWrong + tier.undone;
  const weights = { right: tier.rightWeight / TOKEN, wrong: tier.wrongWeight / TOKEN };
  return keptOf({ ...weights, things, touched: tier.touched }, rules);
}

/** The same for several clusters together: each has its own K, so every one of them must be tested. */
export function keptTogether(each: readonly Kept[], basis: Basis): Kept {
  const sum = (of: (kept: Kept) => number): number => each.reduce((total, kept) => total + of(kept), 0);
  const [right, settled, things] = [sum((kept) => kept.right), sum((kept) => kept.settled), sum((kept) => kept.things)];
  const promises = new Set(each.map(({ promise }) => promise));
  const did = each.filter(({ done }) => done > 0);
  const needed = did.reduce((total, kept) => total + kept.testedFrom, 0);
  const [promise = null] = promises;
  const done = sum((kept) => kept.done);
  return {
    right,
    settled,
    things,
    ...intervalOf(right, settled, things),
    promise: promises.size === 1 ? promise : null,
    testedFrom: needed,
    done,
    tested: did.length > 0 && done >= needed,
    basis,
  };
}

export function basisOf({ kind }: Pick<TierRules, 'kind'>): Basis {
  return kind === 'intervention' ? 'estimate' : 'seen';
}

/** 90 % two-sided. */
const Z90 = 1.6449;

/** Right of settled, with Wilson's interval on the effective number of acts, since their weights may differ. */
function intervalOf(right: number, settled: number, things: number): Pick<Kept, 'share' | 'lower' | 'upper'> {
  if (!(settled > 0) || !(things > 0)) return { share: null, lower: null, upper: null };
  const share = right / settled;
  const n = worth(settled, things);
  const middle = share + (Z90 * Z90) / (2 * n);
  const half = Z90 * Math.sqrt((share * (1 - share)) / n + (Z90 * Z90) / (4 * n * n));
  const whole = 1 + (Z90 * Z90) / n;
  return { share, lower: Math.max(0, (middle - half) / whole), upper: Math.min(1, (middle + half) / whole) };
}

/**
 * The effective number of acts of equal weight in the worst case: n mean(w)^2 / mean(w^2) (Kish). Weights lie between 1 and
 * 1/h for the smallest hold-out share h, so mean(w^2) <= (1 + most) mean(w) - most, whatever the individual weights were.
 */
function worth(settled: number, things: number): number {
  const most = 1 / TOKENS.holdOut.least;
  const mean = Math.min(most, Math.max(1, settled / things));
  return (things * mean * mean) / ((1 + most) * mean - most);
}

/** `queue`: the queue's own model · `queueAndVgac`: with VGAC's probability as an input · `none`: no probability. */
export const SERVERS = ['queue', 'queueAndVgac', 'none'] as const;

export type Server = (typeof SERVERS)[number];
