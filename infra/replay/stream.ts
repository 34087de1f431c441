import { applyEntry, applyWait, owesWait } from '../../functions/domain/calibration/apply.ts';
import { capFor, demandAfter } from '../../functions/domain/calibration/demand.ts';
import {
  evaluateNoted,
  noteWhenDue,
  refreshWhenDue,
  scoreOfState,
} from '../../functions/domain/calibration/evaluation.ts';
import { NOT_YET, nextElapse, putBoundsAround } from '../../functions/domain/calibration/intervals.ts';
import type { Purse } from '../../functions/domain/calibration/purse.ts';
import { type CalibrationState, type Evaluation, initialState } from '../../functions/domain/calibration/state.ts';
import { type Chosen, calledTier, chooseTier, nothingChosen, tiersIn } from '../../functions/domain/choose-tier.ts';
import { type Judgement, judge } from '../../functions/domain/rule.ts';
import type { Limits, TierFacts } from '../../functions/domain/tier-gate.ts';

import { earnedTier } from '../../functions/domain/tiers.ts';
import type { Forecaster, ForecastName, Said } from './forecast/forecaster.ts';
import type { Row } from './import/row.ts';
import { Pace } from './pace.ts';
import { type Open, type OpenEntry, Pending } from './pending.ts';
import { PromiseCount } from './promise.ts';
import { Questions } from './questions.ts';
import { type RuleSet, roundOf } from './rules.ts';
import { Tally } from './tally.ts';
import { Timeline } from './timeline.ts';

/** Upper limit for the list, since streams may be very long. */
const ALARMS_KEPT = 1000;
const HOLD = 4;
const FIRST_INTERVENTION = 3;

/** What is known of one job at its decision, for recording. Valid only during the call. */
export interface ReplayedDecision {
  readonly row: Row;
  readonly state: CalibrationState;
  readonly q: number;
  readonly called: number;
  readonly chosen: Chosen;
  readonly asked: boolean;
  /** Whose probability it is. */
  readonly by: ForecastName | null;
  /** NaN if no wait was predicted. */
  readonly upper90Seconds: number;
}
export type OnDecision = (decision: ReplayedDecision) => void;

/** Called with each label when it is known; p is null if there was none. */
export type OnLabel = (label: { readonly p: number | null; readonly q: number }, longWait: boolean) => void;

/** Observers of the replay. */
export interface Watching {
  readonly onDecision?: OnDecision | null;
  readonly onLabel?: OnLabel | null;
}

/** Limits, reused for each job. */
type Usable = { -readonly [name in keyof Limits]: Limits[name] };

/** The history is not in the order of submission and has to be sorted first. */
export class OutOfOrder extends Error {
  override readonly name = 'OutOfOrder' as const;
}

/** Every set of tiers scored on paper, by its bits. */
const PAPER = Array.from({ length: 16 }, (_, bits) => tiersIn(bits));

/**
 * Plays the rounds of one cluster through gate and fold: each is decided with exactly the labels known at its submission, by
 * the functions that decide in production.
 */
export class Stream {
  readonly clusterId: string;
  readonly rules: RuleSet;
  /** Which forecast is acted on. */
  readonly forecast: ForecastName;
  readonly forecaster: Forecaster;
  readonly state: CalibrationState;
  readonly purse: Purse;
  readonly tally = new Tally();
  readonly timeline = new Timeline();
  readonly promises: readonly PromiseCount[];
  /** Number of jobs seen at each of the first alarms on raw p: where the model was found to have drifted. */
  readonly alarmsAt: number[] = [];
  /**
   * With the core rules, probabilities and bounds are given from outside: they learn from every job in the trace. In production
   * nobody knows how long a touched job would have waited, so `all` does not learn that either.
   */
  private readonly seesTouched: boolean;
  private readonly onDecision: OnDecision | null;
  private readonly onLabel: OnLabel | null;
  private readonly pending: Pending;
  private readonly questions: Questions;
  private readonly refresh: typeof refreshWhenDue;
  /** Null for the core rules, which know no limits. */
  private readonly pace: Pace | null;
  private readonly facts: readonly (Omit<TierFacts, 'limits'> & { readonly limits: Usable })[];
  private readonly walk: Parameters<typeof chooseTier>[0] & { called: number; barred: string | null };
  private readonly evidence: { readonly state: CalibrationState; score: number | null };
  private readonly judgement: Judgement = { scope: 'escalate', reason: null };
  private readonly chosen = nothingChosen();
  private readonly said: Said = { q: 0.5, waitSeconds: 0.5, by: null };
  private readonly openCalls = new Float64Array(4);
  private readonly demand = new Float64Array(4);
  private looked: Evaluation | null = null;
  private seq = 0;
  private jobId = '';
  private submittedAt = 0.5;

  constructor(clusterId: string, rules: RuleSet, forecast: ForecastName, { onDecision, onLabel }: Watching = {}) {
    this.clusterId = clusterId;
    this.rules = rules;
    this.forecast = forecast;
    this.onDecision = onDecision ?? null;
    this.onLabel = onLabel ?? null;
    const { config, tiers, lottery, numbers } = rules;
    this.state = initialState(tiers, numbers);
    this.seesTouched = rules.name === 'core';
    this.forecaster = rules.forecasterFor(forecast, {
      state: this.state,
      seesTouched: this.seesTouched,
      recalibrates: rules.name === 'all',
      longWaitSeconds: config.longWaitSeconds,
    });
    this.purse = { reserved: new Float64Array(4), caps: Float64Array.from(tiers, ({ cap }) => cap) };
    this.promises = tiers.map((tier) => new PromiseCount(tier));
    this.pending = new Pending(({ id, submittedAt }) => lottery.ring(roundOf(clusterId, id.text(), submittedAt)));
    this.questions = new Questions(config);
    this.refresh = rules.name === 'core' ? noteWhenDue : refreshWhenDue;
    this.pace = rules.name === 'all' ? new Pace(config.limits) : null;
    this.facts = tiers.map((tier, i) => ({
      tier,
      state: this.state,
      purse: this.purse,
      longWaitSeconds: config.longWaitSeconds,
      evidenceDays: config.evidenceDays,
      arguments: rules.actions[i] ?? null,
      limits: { ...config.limits, coolingDown: false, usedThisHour: 0, noPlaceToAsk: null },
    }));
    this.walk = {
      called: 0,
      barred: null,
      rules: rules.tierRules,
      factsOf: (tier) => (rules.actions[tier - 1] === null ? null : (this.facts[tier - 1] ?? null)),
      draw: () => lottery.holdOut(roundOf(clusterId, this.jobId, this.submittedAt)),
    };
    this.evidence = { state: this.state, score: null };
  }

  /**
   * @returns the probability that was acted on
   * @throws OutOfOrder if the job was submitted before the previous one
   */
  decide(row: Row): number {
    const { tally, chosen, rules } = this;
    if (row.submittedAt < tally.last) throw new OutOfOrder(`line ${row.line} was submitted before the line before it`);
    this.settle(row.submittedAt);
    if (tally.jobs === 0) tally.first = row.submittedAt;
    tally.last = row.submittedAt;
    tally.jobs += 1;

    const open = this.pending.take();
    const q = this.serve(row, open);
    const called = calledTier(q, rules.tiers, this.isConfigured);
    const ownEffect = this.pace?.isOwnEffect(row) === true;
    let asked = false;
    let unasked = false;
    if (called === 0) nothing(chosen);
    else {
      this.choose(row, called, ownEffect);
      if (called >= FIRST_INTERVENTION && chosen.tier < called && !chosen.heldOut && !ownEffect) {
        asked = this.ask(row, called);
        unasked = !asked;
      }
    }
    tally.count(row, called, chosen, asked, unasked);
    if (this.timeline.looksNext) this.evaluate();
    this.timeline.add(this, row, called, chosen, asked);
    if (this.onDecision !== null) {
      const { upper90Seconds } = open.entry.bounds;
      this.onDecision({ row, state: this.state, q, called, chosen, asked, by: this.said.by, upper90Seconds });
    }
    this.remember(row, open, called);
    return q;
  }

  /** Delivers the labels of the last jobs. */
  finish(): void {
    this.settle(Number.POSITIVE_INFINITY);
    this.evaluate();
  }

  private readonly isConfigured = (tier: number): boolean => this.rules.actions[tier - 1] !== null;

  private serve(row: Row, open: Open): number {
    const { tally, said } = this;
    this.forecaster.serve(row, said);
    const { q, waitSeconds } = said;
    const { bounds } = open.entry;
    const predicted = !Number.isNaN(waitSeconds);
    putBoundsAround(this.state, predicted ? waitSeconds : 0, bounds);
    if (!predicted) bounds.upper90Seconds = Number.NaN;
    tally.probability(row, q, said.by);
    return q;
  }

  private choose(row: Row, called: number, ownEffect: boolean): void {
    const { walk, evidence, judgement, chosen, purse } = this;
    this.raiseCap(called - 1);
    this.evaluate();
    evidence.score = scoreOfState(this.state);
    judge(this.rules.evidence, evidence, judgement);
    walk.called = called;
    walk.barred = judgement.scope === 'escalate' ? judgement.reason : null;
    if (ownEffect) walk.barred = 'ownEffect';
    this.submittedAt = row.submittedAt;
    if (called >= FIRST_INTERVENTION) {
      this.jobId = row.jobId();
      this.look(called);
    }
    chooseTier(walk, chosen);
    if (chosen.tier === 0) return;
    purse.reserved[chosen.tier - 1] = (purse.reserved[chosen.tier - 1] ?? 0) + chosen.cost;
    if (this.pace === null || chosen.heldOut || chosen.tier < FIRST_INTERVENTION) return;
    this.pace.carriedOut(this.jobId, this.rules.actions[chosen.tier - 1]?.action ?? '', row.submittedAt);
    // Somebody has to release it.
    if (chosen.tier === HOLD) this.questions.ask(HOLD, row.submittedAt, waitOf(row));
  }

  private raiseCap(i: number): void {
    const tier = this.rules.tiers[i];
    if (tier === undefined) return;
    const open = (this.openCalls[i] ?? 0) + 1;
    this.openCalls[i] = open;
    const demand = demandAfter(this.demand[i] ?? 0, open, this.rules.numbers);
    this.demand[i] = demand;
    this.purse.caps[i] = capFor(tier, demand, this.rules.numbers);
  }

  /** How far the interventions that a call may lead to are from their limits. */
  private look(called: number): void {
    if (this.pace === null) return;
    for (let tier = FIRST_INTERVENTION; tier <= called; tier++) {
      const facts = this.facts[tier - 1];
      const action = facts?.arguments?.action;
      if (facts === undefined || action === undefined) continue;
      this.pace.look(this.jobId, action, this.submittedAt, facts.limits);
      if (tier === HOLD) facts.limits.noPlaceToAsk = this.questions.whyNot(HOLD, this.submittedAt);
    }
  }

  /** Every question counts as expired. @returns false if there is no place */
  private ask(row: Row, tier: number): boolean {
    if (this.questions.whyNot(tier, row.submittedAt) !== null) return false;
    this.questions.ask(tier, row.submittedAt, waitOf(row));
    return true;
  }

  private remember(row: Row, open: Open, called: number): void {
    const { entry } = open;
    const { q, waitSeconds } = this.said;
    const { tier, heldOut, cost, paper } = this.chosen;
    const touched = tier >= FIRST_INTERVENTION && !heldOut;
    open.seq = this.seq++;
    open.longWait = row.longWait;
    // A job with nothing known releases its reservations when the history ends.
    open.at = Number.isNaN(row.labelAt) ? Number.POSITIVE_INFINITY : row.labelAt;
    open.waitSeconds = row.waitSeconds;
    open.leftSeconds = row.leftAt - row.submittedAt;
    open.holdOutShare = heldOut ? this.chosen.share : Number.NaN;
    entry.id.copy(row.id);
    entry.submittedAt = row.submittedAt;
    entry.labelAt = row.labelAt;
    entry.p = Number.isNaN(row.p) ? null : row.p;
    entry.q = q;
    entry.called = called;
    entry.tier = tier;
    entry.heldOut = heldOut;
    entry.cost = cost;
    entry.paper = PAPER[paper] ?? [];
    entry.touched = touched;
    entry.longWait = touched || row.censored ? null : row.longWait;
    entry.predictedWaitSeconds = Number.isNaN(waitSeconds) ? null : waitSeconds;
    entry.waitSeconds = row.submittedAt + row.waitSeconds <= row.labelAt ? row.waitSeconds : null;
    entry.epoch = this.state.epoch;
    open.censored = row.censored;
    if (!touched || this.seesTouched) this.countBounded(row, entry);
    this.pending.add(open);
    this.forecaster.decided(row, touched);
  }

  /** A wait changed by an intervention is no evidence about the bounds. */
  private countBounded({ waitSeconds }: Row, { predictedWaitSeconds, bounds }: OpenEntry): void {
    if (predictedWaitSeconds === null || Number.isNaN(waitSeconds)) return;
    this.tally.wait(waitSeconds, bounds.lowerSeconds, bounds.upperSeconds, bounds.upper90Seconds);
  }

  private settle(until: number): void {
    const { pending } = this;
    const { usefulSeconds } = this.rules.numbers.gate;
    while (pending.nextAt <= until) {
      const open = pending.next();
      if (open === undefined) return;
      if (Number.isNaN(open.foldedSeconds)) this.fold(open);
      else this.foldWait(open);
      if (tellsMore(open, this.seesTouched, usefulSeconds)) pending.add(open);
      else pending.giveBack(open);
    }
  }

  private foldWait(open: Open): void {
    const { jobId, decisionId, bounds, submittedAt } = open.entry;
    const { foldedSeconds: fromSeconds, nextSeconds: toSeconds, waitSeconds } = open;
    const started = waitSeconds <= toSeconds;
    applyWait(this.state, { jobId, decisionId, submittedAt, fromSeconds, toSeconds, started, bounds });
    open.foldedSeconds = started ? Number.POSITIVE_INFINITY : toSeconds;
  }

  private trackTouched({ entry, longWait }: Open): void {
    const { waitSeconds, labelAt, submittedAt, predictedWaitSeconds, bounds, jobId, decisionId } = entry;
    if (predictedWaitSeconds === null || (waitSeconds === null && !longWait)) return;
    const toSeconds = waitSeconds ?? labelAt - submittedAt;
    const started = waitSeconds !== null;
    applyWait(this.state, { jobId, decisionId, submittedAt, fromSeconds: NOT_YET, toSeconds, started, bounds });
  }

  private fold(open: Open): void {
    const { state, rules } = this;
    const { entry, longWait, censored } = open;
    const before = state.alarms.raw;
    if (entry.called > 0) this.openCalls[entry.called - 1] = (this.openCalls[entry.called - 1] ?? 0) - 1;
    applyEntry(state, entry, this.purse, rules.config.longWaitSeconds, this.refresh);
    open.foldedSeconds = entry.labelAt - entry.submittedAt;
    if (censored) return;
    this.forecaster.label(entry, longWait);
    if (entry.touched && this.seesTouched) this.trackTouched(open);
    if (state.alarms.raw > before && this.alarmsAt.length < ALARMS_KEPT) this.alarmsAt.push(this.tally.jobs);
    if (entry.tier > 0 && !entry.touched) this.promises[entry.tier - 1]?.settled(longWait, open.holdOutShare);
    if (entry.paper.length > 0) this.settlePaper(entry, longWait);
    if (state.evaluation !== this.looked) this.noteEarned();
    this.onLabel?.(entry, longWait);
  }

  /** Lazy: with the core rules most evaluations are never needed. */
  private evaluate(): void {
    evaluateNoted(this.state, this.rules.config.longWaitSeconds);
    if (this.state.evaluation !== this.looked) this.noteEarned();
  }

  private noteEarned(): void {
    this.looked = this.state.evaluation;
    this.tally.earned(earnedTier(this.state, this.rules.config));
  }

  private settlePaper({ paper, touched }: OpenEntry, longWait: boolean): void {
    if (touched) return;
    for (const tier of paper) this.promises[tier - 1]?.onPaper(longWait);
  }
}

function nothing(chosen: Chosen): void {
  chosen.tier = 0;
  chosen.heldOut = false;
  chosen.share = Number.NaN;
  chosen.cost = 0;
  chosen.reason = null;
  chosen.paper = 0;
}

/**
 * When more is known of a wait that continues after its label: the next bound has elapsed, or the job has started. As deployed,
 * bounds beyond usefulness are not waited for.
 */
function tellsMore(open: Open, seesTouched: boolean, usefulSeconds: number): boolean {
  const { entry, foldedSeconds, waitSeconds } = open;
  const owes = entry.touched ? seesTouched && touchedGoesOn(open) : owesWait(entry) !== null;
  if (!owes) return false;
  const next = nextElapse(entry.bounds, foldedSeconds);
  if (next === null) return false;
  // A job that left without a start is evidence for the bounds elapsed by then.
  if (Number.isNaN(waitSeconds) && !(next <= Math.min(open.leftSeconds, usefulSeconds))) return false;
  if (Number.isNaN(waitSeconds)) open.nextSeconds = next;
  else open.nextSeconds = next > usefulSeconds ? waitSeconds : Math.min(next, waitSeconds);
  open.at = entry.submittedAt + open.nextSeconds;
  return true;
}

function touchedGoesOn({ entry, longWait }: Open): boolean {
  return longWait && entry.waitSeconds === null && entry.predictedWaitSeconds !== null;
}

/** How long a job waits; infinity if the file only says that it is long. */
function waitOf({ waitSeconds, longWait, labelAt, submittedAt }: Row): number {
  if (!Number.isNaN(waitSeconds)) return waitSeconds;
  return longWait ? Number.POSITIVE_INFINITY : labelAt - submittedAt;
}
