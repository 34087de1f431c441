import { applyEntry, applyWait, owesWait } from '../../functions/domain/calibration/apply.ts';
import { scoreOfState } from '../../functions/domain/calibration/evidence.ts';
import { putBoundsAround } from '../../functions/domain/calibration/intervals.ts';
import { servedProbability } from '../../functions/domain/calibration/serve.ts';
import { CALIBRATION, type CalibrationState, initialState } from '../../functions/domain/calibration/state.ts';
import { earnedTier } from '../../functions/domain/calibration/tiers.ts';
import { maxInFlightOf } from '../../functions/domain/calibration/tokens.ts';
import { isHeldOut } from '../../functions/domain/hold-out.ts';
import { instantOf } from '../../functions/domain/round.ts';
import { type Judgement, judge } from '../../functions/domain/rule.ts';
import type { Comparison } from './compare.ts';
import type { Row } from './csv/row.ts';
import { HarmBound } from './harm-bound.ts';
import { Pace } from './pace.ts';
import { type Open, Pending } from './pending.ts';
import { Recalibration } from './recalibration.ts';
import type { Facts, RuleSet } from './rules.ts';
import { Tally } from './tally.ts';
import { Timeline } from './timeline.ts';

/** A stream may be longer than anyone reads. */
const ALARMS_KEPT = 1000;

/** What is known of one decision when it is made, for whoever writes it down. */
export type OnDecision = (row: Row, facts: Facts, judgement: Judgement, upper90Seconds: number) => void;

/** The history is not in the order of submission: it has to be sorted first. */
export class OutOfOrder extends Error {
  override readonly name = 'OutOfOrder' as const;
}

/**
 * Plays the history of one cluster through gate and fold: each job is decided with exactly the labels known when it was
 * submitted, by the functions that decide in production.
 */
export class Stream {
  readonly clusterId: string;
  readonly rules: RuleSet;
  readonly state: CalibrationState;
  readonly tally = new Tally();
  readonly timeline = new Timeline();
  readonly bounds: { readonly statement: HarmBound; readonly intervention: HarmBound };
  readonly comparison: Comparison | null;
  /** Null for the core rules, which know no epochs. */
  readonly recalibration: Recalibration | null;
  /** Number of jobs seen at each of the first alarms on raw p: where the model was found to have drifted. */
  readonly alarmsAt: number[] = [];
  private readonly onDecision: OnDecision | null;
  private readonly pending = new Pending();
  private readonly pace: Pace;
  private readonly facts: Facts;
  private readonly judgement: Judgement = { scope: 'escalate', reason: null };
  private seq = 0;

  constructor(clusterId: string, rules: RuleSet, comparison: Comparison | null, onDecision: OnDecision | null) {
    const { budgets, limits } = rules.config;
    this.clusterId = clusterId;
    this.rules = rules;
    this.comparison = comparison;
    this.recalibration = rules.name === 'all' ? new Recalibration(rules.config.longWaitSeconds) : null;
    this.onDecision = onDecision;
    this.state = initialState(budgets);
    this.pace = new Pace(limits);
    this.bounds = { statement: new HarmBound(budgets.statement), intervention: new HarmBound(budgets.intervention) };
    const [nothing] = rules.proposals;
    if (nothing === undefined) throw new RangeError('there is no tier 0');
    this.facts = {
      state: this.state,
      score: null,
      proposal: nothing,
      q: 0.5,
      verdictTier: 0,
      inFlight: { statement: 0, intervention: 0 },
      config: rules.config,
      limits: { coolingDown: false, usedThisHour: 0 },
      nowSeconds: 0.5,
    };
  }

  /** @throws OutOfOrder when the job was submitted before the one before it */
  decide(row: Row): void {
    const { tally, facts, judgement } = this;
    if (row.submittedAt < tally.last) throw new OutOfOrder(`line ${row.line} was submitted before the line before it`);
    this.settle(row.submittedAt);
    if (tally.jobs === 0) tally.first = row.submittedAt;
    tally.last = row.submittedAt;
    tally.jobs += 1;

    const open = this.pending.take();
    const q = this.serve(row, open);
    this.gate(q, row);
    const { kind, tier } = facts.proposal;
    const heldOut = judgement.scope !== 'escalate' && kind === 'intervention' && this.isLeftOut(row);
    const executed = judgement.scope !== 'escalate' && !heldOut;
    const wrong = q >= 0.5 !== row.longWait;
    if (heldOut) judgement.reason = 'holdout';

    this.count(tier, executed, heldOut, wrong);
    this.timeline.add(
      this.state,
      row.submittedAt,
      judgement.scope,
      executed,
      executed && wrong,
      this.state.tokens[kind],
    );
    this.onDecision?.(row, facts, judgement, open.entry.bounds.upper90Seconds);
    this.comparison?.decide(row.p, row.longWait);
    if (executed) {
      facts.inFlight[kind] += 1;
      if (kind === 'intervention' && facts.proposal.arguments !== null) {
        this.pace.used(row.jobId(), facts.proposal.arguments.action, row.submittedAt);
      }
    }
    this.remember(row, open, q, executed, wrong);
  }

  /** Lets the labels of the last jobs arrive. */
  finish(): void {
    this.settle(Number.POSITIVE_INFINITY);
  }

  private serve(row: Row, open: Open): number {
    const { tally } = this;
    const q = servedProbability(this.state, row.p) ?? Number.NaN;
    const { bounds } = open.entry;
    const predicted = !Number.isNaN(row.predictedWaitSeconds);
    putBoundsAround(this.state, predicted ? row.predictedWaitSeconds : 0, bounds);
    if (predicted && !Number.isNaN(row.waitSeconds)) {
      tally.wait(row.waitSeconds, bounds.lowerSeconds, bounds.upperSeconds, bounds.upper90Seconds);
    }
    if (!predicted) bounds.upper90Seconds = Number.NaN;
    tally.probability(row.p, q, row.longWait);
    return q;
  }

  private gate(q: number, row: Row): void {
    const { facts, judgement, rules } = this;
    const tier = rules.tierOf(q);
    facts.proposal = rules.proposals[tier] ?? facts.proposal;
    facts.q = q;
    facts.score = scoreOfState(this.state);
    facts.verdictTier = earnedTier(this.state);
    facts.nowSeconds = row.submittedAt;
    const { kind } = facts.proposal;
    if (kind === 'intervention' && facts.proposal.arguments !== null) {
      this.pace.look(row.jobId(), facts.proposal.arguments.action, row.submittedAt, facts.limits);
    }
    judge(rules.rules, facts, judgement);
    // Deployed, a reservation backs every execution; it goes by the tokens at the last fold.
    if (rules.name === 'all' && judgement.scope !== 'escalate') {
      if (facts.inFlight[kind] >= maxInFlightOf(this.state, kind, rules.config.budgets)) {
        judgement.scope = 'escalate';
        judgement.reason = 'reservation';
      }
    }
    this.tally.earned(facts.verdictTier);
  }

  private isLeftOut(row: Row): boolean {
    const { salt, clusterId, holdOut } = this.rules.config;
    const round = { clusterId, jobId: row.jobId(), submittedAt: instantOf(row.submittedAt) };
    return isHeldOut(salt ?? clusterId, round, holdOut);
  }

  private count(tier: number, executed: boolean, heldOut: boolean, wrong: boolean): void {
    const { tally, judgement } = this;
    const { kind } = this.facts.proposal;
    const ofTier = tally.tiers[tier];
    if (ofTier !== undefined) ofTier.proposed += 1;
    if (judgement.scope === 'autonomous') tally.autonomous += 1;
    else if (judgement.scope === 'notify') tally.notify += 1;
    else tally.escalate += 1;
    if (heldOut) tally.holdouts += 1;
    if (judgement.reason !== null) tally.reason(judgement.reason, executed);
    if (executed) {
      tally.executed.add(wrong);
      if (ofTier !== undefined) {
        ofTier.executed += 1;
        if (wrong) ofTier.harmful += 1;
      }
    }
    // A hold asks whether to keep it, whoever put it.
    const asks = kind === 'intervention' && (judgement.scope === 'escalate' || (executed && tier === 4));
    if (asks || (this.rules.name === 'core' && judgement.scope === 'escalate')) tally.asked += 1;
    else if (judgement.scope === 'escalate') tally.withheld += 1;
  }

  private remember(row: Row, open: Open, q: number, executed: boolean, wrong: boolean): void {
    const { kind } = this.facts.proposal;
    const { entry } = open;
    const touched = executed && kind === 'intervention';
    open.seq = this.seq++;
    open.longWait = row.longWait;
    open.at = row.labelAt;
    open.waitSeconds = row.waitSeconds;
    open.labelled = false;
    entry.submittedAt = row.submittedAt;
    entry.labelAt = row.labelAt;
    entry.kind = kind;
    entry.p = row.p;
    entry.q = q;
    entry.executed = executed;
    entry.intervened = touched;
    // What a needless intervention comes to: somebody has it undone.
    entry.harmed = touched && wrong;
    entry.longWait = touched ? null : row.longWait;
    entry.predictedWaitSeconds = Number.isNaN(row.predictedWaitSeconds) ? null : row.predictedWaitSeconds;
    entry.waitSeconds = row.submittedAt + row.waitSeconds <= row.labelAt ? row.waitSeconds : null;
    entry.epoch = this.state.epoch;
    this.pending.add(open);
  }

  private settle(until: number): void {
    const { pending } = this;
    while (pending.nextAt <= until) {
      const open = pending.next();
      if (open === undefined) return;
      if (open.labelled) this.foldWait(open);
      else this.fold(open);
      if (open.labelled || !this.willStart(open)) pending.giveBack(open);
      else {
        // Labelled long before it starts: what its wait tells of the bounds is known only then.
        open.labelled = true;
        open.at = open.entry.submittedAt + open.waitSeconds;
        pending.add(open);
      }
    }
  }

  private willStart({ entry, waitSeconds }: Open): boolean {
    return !Number.isNaN(waitSeconds) && owesWait(entry);
  }

  private foldWait({ entry, waitSeconds, at }: Open): void {
    const { jobId, decisionId, bounds, submittedAt, labelAt } = entry;
    const atLeastSeconds = labelAt - submittedAt;
    applyWait(this.state, { jobId, decisionId, submittedAt, startedAt: at, waitSeconds, atLeastSeconds, bounds });
  }

  private fold({ entry, longWait }: Open): void {
    const { state, facts, bounds } = this;
    const before = state.alarms.raw;
    applyEntry(state, entry, this.rules.config.budgets);
    if (state.alarms.raw > before && this.alarmsAt.length < ALARMS_KEPT) this.alarmsAt.push(this.tally.jobs);
    const q = entry.q ?? Number.NaN;
    const wrong = q >= 0.5 !== longWait;
    const harm = entry.kind === 'statement' ? wrong : entry.harmed;
    if (entry.executed) facts.inFlight[entry.kind] -= 1;
    const ofStatement = entry.kind === 'statement' && entry.executed;
    bounds.statement.label(entry.labelAt, ofStatement ? (harm ? 'harm' : 'benign') : 'neither');
    const ofIntervention = entry.kind === 'intervention' && entry.executed;
    const right = !entry.intervened && q >= CALIBRATION.interventionQ && longWait;
    bounds.intervention.label(entry.labelAt, ofIntervention && harm ? 'harm' : right ? 'benign' : 'neither');
    this.recalibration?.label(state, entry, this.tally.jobs);
    this.comparison?.label(entry.p ?? Number.NaN, longWait);
  }
}
