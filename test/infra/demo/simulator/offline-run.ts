import type * as z from 'zod';
import {
  type AskPlaces,
  NO_QUESTIONS,
  whyNotAsk,
  withoutQuestion,
  withQuestion,
} from '../../../../functions/domain/asking.ts';
import { applyEntry } from '../../../../functions/domain/calibration/apply.ts';
import { capFor, demandAfter } from '../../../../functions/domain/calibration/demand.ts';
import { boundsAround } from '../../../../functions/domain/calibration/intervals.ts';
import { type Purse, slackOf } from '../../../../functions/domain/calibration/purse.ts';
import { type CalibrationState, initialState } from '../../../../functions/domain/calibration/state.ts';
import { calledTier } from '../../../../functions/domain/choose-tier.ts';
import { decide } from '../../../../functions/domain/gate.ts';
import { holdOutDraw, ringDraw } from '../../../../functions/domain/lottery.ts';
import { reliability } from '../../../../functions/domain/reliability.ts';
import { roundKey } from '../../../../functions/domain/round.ts';
import type { Limits } from '../../../../functions/domain/tier-gate.ts';
import { type TierRules, tierRulesOf } from '../../../../functions/domain/tier-numbers.ts';
import type { CollectorEvent } from '../../../../infra/demo/feed/timeline.ts';
import { ActionRefused, type ActionRequest } from '../../../../infra/demo/simulator/actions.ts';
import { SimulatedCluster } from '../../../../infra/demo/simulator/cluster.ts';
import { type EventLoop, eventLoop } from '../../../../infra/demo/simulator/event-loop.ts';
import type { Predictor } from '../../../../infra/demo/simulator/predictor.ts';
import type { Profile } from '../../../../infra/demo/simulator/profile.ts';
import { seededRandom } from '../../../../infra/demo/simulator/random.ts';
import { experts, learn, mixture } from '../../../../infra/replay/forecast/experts.ts';
import type { ClusterConfig } from '../../../../schemas/config.ts';
import type { ActionArguments, Decision } from '../../../../schemas/decision.ts';
import type { JobSubmitted } from '../../../../schemas/events/collector.ts';
import type { LedgerEntry } from '../../../../schemas/items/ledger.ts';

const MONITOR_MS = 300_000;
const GRACE_MS = 60_000;
const HOUR_MS = 3_600_000;

type Submitted = z.infer<typeof JobSubmitted>;

/** One job of a run, with what was decided about it and what came of it. */
export interface Run {
  readonly at: number;
  readonly decision: Decision;
  readonly draw: number;
  /** The scheduler did what was decided, and not only tried to. */
  done: boolean;
  touched: boolean;
  folded: boolean;
  question: 'open' | 'void' | 'expired' | 'approved' | null;
  longWait: boolean | null;
}

export interface OfflineOptions {
  readonly profile: Profile;
  readonly predictor: Predictor;
  readonly config: ClusterConfig;
  readonly seed: number;
  readonly startMs: number;
  readonly days: number;
  readonly regimeAt: number | null;
  readonly regimeUntil?: number | null;
  /** False: the twin, in which nobody touches anything. */
  readonly acts?: boolean;
  readonly onFold?: (run: OfflineRun, at: number) => void;
  /** Approves a question at once. */
  readonly approves?: (job: Run, run: OfflineRun) => boolean;
}

/**
 * A simulated cluster, its predictor and the rules of the domain on a clock without promises: the default run in a second,
 * without engine, tables and handlers. What is decided is decided by `decide`, folded by `applyEntry`.
 */
export class OfflineRun {
  readonly cluster: SimulatedCluster;
  readonly jobs = new Map<string, Run>();
  readonly state: CalibrationState;
  readonly rules: readonly TierRules[];
  readonly purse: Purse;
  readonly clock: EventLoop;
  readonly options: OfflineOptions;
  readonly #open = new Float64Array(4);
  readonly #demand = new Float64Array(4);
  #places: AskPlaces = NO_QUESTIONS;
  #acts: number[] = [];
  #version = 0;
  readonly #experts = experts();

  constructor(options: OfflineOptions) {
    const { profile, config, startMs, seed, regimeAt, regimeUntil = null } = options;
    this.options = options;
    this.clock = eventLoop(startMs);
    this.rules = tierRulesOf(config.tiers);
    this.state = initialState(this.rules);
    this.purse = { reserved: new Float64Array(4), caps: Float64Array.from(this.rules, ({ cap }) => cap) };
    this.cluster = new SimulatedCluster({
      profile,
      clock: this.clock,
      random: seededRandom(seed),
      emit: (event) => this.#hear(event),
      regimeAt,
      regimeUntil,
    });
  }

  play(): this {
    const until = this.options.startMs + this.options.days * 24 * HOUR_MS;
    this.cluster.start({ until });
    this.clock.runUntil(until + 24 * HOUR_MS);
    return this;
  }

  /** The least that is left of any tier's promise, in ten-thousandths of a token. */
  get slack(): number {
    return Math.min(...this.state.tiers.map((tier) => slackOf(tier)));
  }

  #hear(event: CollectorEvent): void {
    if (this.options.acts === false) return;
    if (event.type === 'JobSubmitted') this.#submitted(event.detail);
    else if (event.type !== 'JobEnded') this.#left(event);
  }

  /** It started or was cancelled: its question is void, and its label known. */
  #left(event: Exclude<CollectorEvent, { type: 'JobSubmitted' | 'JobEnded' }>): void {
    const { jobId } = event.detail;
    this.#endQuestion(jobId, 'void');
    const job = this.jobs.get(jobId);
    if (!job || job.folded) return;
    const at = this.clock.now();
    const long = at - job.at > this.#longMs;
    if (event.type === 'JobStarted') this.#fold(jobId, long ? job.at + this.#longMs : at, long, (at - job.at) / 1_000);
    else this.#fold(jobId, long ? job.at + this.#longMs : at, long ? true : null, null);
  }

  get #longMs(): number {
    return this.options.config.longWaitSeconds * 1_000;
  }

  #submitted(detail: Submitted): void {
    const { config, predictor } = this.options;
    const now = new Date(this.clock.now());
    const { jobId, submittedAt } = detail;
    const round = { clusterId: config.clusterId, jobId, submittedAt };
    const features = this.cluster.job(jobId)?.features;
    if (!features) throw new RangeError(`no job ${jobId}`);
    const { pLongWait: p, waitSeconds, confidence } = predictor.predict(features);
    const q = mixture(this.#experts, p);
    const prediction = { p, q, waitSeconds, confidence, ...boundsAround(this.state, waitSeconds) };
    const called = calledTier(q, this.rules, (tier) => isConfigured(tier, config));
    this.#raiseDemand(called);
    const verdict = reliability({
      state: this.state,
      version: this.#version,
      frozen: false,
      staleSince: null,
      config,
      now,
    });
    const key = roundKey(round);
    const decision = decide({
      job: { ...round, proposedAction: detail.proposedAction },
      ownEffect: false,
      started: false,
      labelKnown: false,
      prediction,
      forecastLabels: 50,
      verdict,
      state: this.state,
      purse: this.purse,
      config,
      limits: [1, 2, 3, 4].map((tier) => this.#limits(tier, jobId)),
      askBarred: (tier) => this.#barred(tier, jobId),
      draw: () => holdOutDraw(SALT, key),
      now,
    });
    const job: Run = {
      at: now.getTime(),
      decision,
      draw: ringDraw(SALT, key),
      done: decision.next === 'holdOut',
      touched: false,
      folded: false,
      question: null,
      longWait: null,
    };
    this.jobs.set(jobId, job);
    if (decision.tier > 0) add(this.purse.reserved, decision.tier - 1, decision.cost);
    if (decision.executed && decision.arguments) {
      job.done = this.#perform(decision.arguments, decision.decisionId);
      job.touched = job.done && decision.kind === 'intervention';
      if (job.touched) this.#acts.push(this.clock.now());
    }
    this.#ask(jobId, job);
    const due = Math.ceil((job.at + this.#longMs + GRACE_MS) / MONITOR_MS) * MONITOR_MS;
    this.clock.at(due, () => {
      if (!job.folded) this.#fold(jobId, job.at + this.#longMs, true, null);
    });
  }

  #ask(jobId: string, job: Run): void {
    const { asks, executed, tier } = job.decision;
    const { config, approves } = this.options;
    const holds = executed && tier === 4 && job.done;
    if (asks === null && !holds) return;
    const until = this.clock.now() + config.approvalTtlSeconds * 1_000;
    this.#places = withQuestion(this.#places, { id: jobId, tier: asks?.tier ?? 4, until }, this.clock.now());
    job.question = 'open';
    this.clock.at(until, () => {
      if (job.question === 'open' && holds) this.cluster.actions.undo(job.decision.decisionId);
      this.#endQuestion(jobId, 'expired');
    });
    if (asks !== null && approves?.(job, this)) {
      this.#endQuestion(jobId, 'approved');
      job.touched = this.#perform(asks.arguments, `${job.decision.decisionId}-approved`) || job.touched;
    }
  }

  #endQuestion(jobId: string, how: 'void' | 'expired' | 'approved'): void {
    const job = this.jobs.get(jobId);
    if (job?.question !== 'open') return;
    job.question = how;
    this.#places = withoutQuestion(this.#places, jobId, this.clock.now());
  }

  #barred(tier: number, jobId: string) {
    const why = whyNotAsk(this.#places, { id: jobId, tier }, this.options.config.asking, this.clock.now());
    return why === null ? null : { code: 'asking', message: why, scope: 'escalate' as const };
  }

  #limits(tier: number, jobId: string): Limits {
    this.#acts = this.#acts.filter((at) => at > this.clock.now() - HOUR_MS);
    const { cooldownMinutes, actionsPerHour } = this.options.config.limits;
    const noPlaceToAsk = tier === 4 ? (this.#barred(4, jobId)?.message ?? null) : null;
    return { coolingDown: false, usedThisHour: this.#acts.length, cooldownMinutes, actionsPerHour, noPlaceToAsk };
  }

  #perform({ action, target, text, jobId }: ActionArguments, decisionId: string): boolean {
    try {
      this.cluster.actions.apply(requestOf(action, { decisionId, jobId }, target, text));
      return true;
    } catch (error) {
      if (error instanceof ActionRefused) return false;
      throw error;
    }
  }

  #raiseDemand(called: number): void {
    const rules = this.rules[called - 1];
    if (rules === undefined) return;
    add(this.#open, called - 1, 1);
    this.#demand[called - 1] = demandAfter(this.#demand[called - 1] ?? 0, this.#open[called - 1] ?? 0);
    this.purse.caps[called - 1] = capFor(rules, this.#demand[called - 1] ?? 0);
  }

  #fold(jobId: string, labelAtMs: number, longWait: boolean | null, waitSeconds: number | null): void {
    const job = this.jobs.get(jobId);
    if (!job) return;
    const { decision, draw, touched } = job;
    job.folded = true;
    job.longWait = longWait;
    if (decision.called > 0) add(this.#open, decision.called - 1, -1);
    const { decisionId, called, tier, cost, paper, eras, prediction, next } = decision;
    const entry: LedgerEntry = {
      ...{ jobId, decisionId, called, tier, cost, paper, eras, touched, draw, waitSeconds },
      submittedAt: job.at / 1_000,
      decidedAt: job.at / 1_000,
      labelAt: labelAtMs / 1_000,
      p: prediction.p,
      q: prediction.q,
      heldOut: next === 'holdOut',
      done: job.done,
      undone: false,
      longWait: touched ? null : longWait,
      predictedWaitSeconds: prediction.waitSeconds,
      bounds: prediction,
      epoch: 0,
    };
    applyEntry(this.state, entry, this.purse, this.options.config.longWaitSeconds);
    this.#version++;
    const { p, longWait: label } = entry;
    if (p !== null && label !== null) learn(this.#experts, p, label ? 1 : 0);
    this.options.onFold?.(this, this.clock.now());
  }
}

const SALT = 'the same in every run';

function isConfigured(tier: number, { actions }: ClusterConfig): boolean {
  return [actions.annotate, actions.warn, actions.suggest[0], actions.gate][tier - 1] !== undefined;
}

function requestOf(action: string, job: { decisionId: string; jobId: string }, target = '', text = ''): ActionRequest {
  switch (action) {
    case 'annotate':
    case 'warn':
      return { ...job, action, text };
    case 'requeue':
      return { ...job, action, queue: target };
    case 'adjust-priority':
      return { ...job, action, delta: Number(target) };
    case 'hold':
      return { ...job, action };
    default:
      throw new RangeError(`no such action: ${action}`);
  }
}

function add(vector: Float64Array, i: number, by: number): void {
  vector[i] = (vector[i] ?? 0) + by;
}
