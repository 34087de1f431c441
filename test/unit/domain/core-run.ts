import { applyEntry } from '../../../functions/domain/calibration/apply.ts';
import { capFor, demandAfter } from '../../../functions/domain/calibration/demand.ts';
import { scoreOfState } from '../../../functions/domain/calibration/evaluation.ts';
import type { Purse } from '../../../functions/domain/calibration/purse.ts';
import { type CalibrationState, initialState } from '../../../functions/domain/calibration/state.ts';
import { type Chosen, calledTier, chooseTier, nothingChosen, tiersIn } from '../../../functions/domain/choose-tier.ts';
import { CORE_EVIDENCE } from '../../../functions/domain/reliability-rules.ts';
import { type Judgement, judge } from '../../../functions/domain/rule.ts';
import { TOKEN } from '../../../functions/domain/thresholds.ts';
import { CORE_TIER_RULES, type TierFacts, type TierRule } from '../../../functions/domain/tier-gate.ts';
import type { TierRules } from '../../../functions/domain/tier-numbers.ts';
import type { LedgerEntry } from '../../../schemas/items/ledger.ts';
import { entryOf, limitsOf, RULES, T } from './builders.ts';

/** One job as a stream has it. Times in seconds. */
export interface CoreJob {
  readonly submittedAt: number;
  readonly labelAt: number;
  readonly q: number;
  /** Asked only when the label is due: an opponent may know by then what was done. */
  readonly longWait: (decided: Decided) => boolean;
  /** The two lotteries, each asked only where a number is needed. */
  readonly holdOutDraw: () => number;
  readonly ringDraw: () => number;
}

/** What was decided about one job. */
export interface Decided extends Readonly<Chosen> {
  readonly called: number;
}

interface Options {
  readonly rules?: readonly TierRules[];
  readonly longWaitSeconds?: number;
  /** What a tier has to pass; without a rule but tokens, an opponent needs to earn nothing. */
  readonly tierRules?: readonly TierRule[];
  /** Whether the cluster's own evidence bars every tier, as it does everywhere but where tokens stand alone. */
  readonly evidenceBars?: boolean;
  /** Called after each label, with what was settled. */
  readonly afterLabel?: (entry: LedgerEntry) => void;
}

interface Pending {
  readonly job: CoreJob;
  readonly decided: Decided;
  readonly order: number;
}

/**
 * The core decisions of one cluster over a stream of jobs: `chooseTier` by the core rules, `applyEntry` in the order of
 * (labelAt, submittedAt, arrival), and beside them a record of what the promises say, kept without their tokens.
 */
export class CoreRun {
  readonly rules: readonly TierRules[];
  readonly state: CalibrationState;
  readonly purse: Purse;
  readonly promises: Promises;
  private readonly longWaitSeconds: number;
  private readonly tierRules: readonly TierRule[];
  private readonly evidenceBars: boolean;
  private readonly afterLabel: (entry: LedgerEntry) => void;
  private readonly facts: readonly TierFacts[];
  private readonly open = new Float64Array(4);
  private readonly demand = new Float64Array(4);
  private readonly waiting: Pending[] = [];
  private readonly judgement: Judgement = { scope: 'escalate', reason: null };
  private submitted = 0;

  constructor(options: Options = {}) {
    const { rules = RULES, longWaitSeconds = T, tierRules = CORE_TIER_RULES } = options;
    this.rules = rules;
    this.longWaitSeconds = longWaitSeconds;
    this.tierRules = tierRules;
    this.evidenceBars = options.evidenceBars ?? true;
    this.afterLabel = options.afterLabel ?? (() => undefined);
    this.state = initialState(rules);
    this.purse = { reserved: new Float64Array(4), caps: Float64Array.from(rules, ({ cap }) => cap) };
    this.promises = new Promises(rules);
    const limits = limitsOf();
    const { state, purse } = this;
    this.facts = rules.map((tier) => ({
      tier,
      state,
      purse,
      longWaitSeconds,
      evidenceDays: 0,
      arguments: null,
      limits,
    }));
  }

  /** Jobs without a label. */
  get pending(): number {
    return this.waiting.length;
  }

  /** Applies every label that is known by the job's submission, then decides the job. */
  submit(job: CoreJob): Decided {
    this.settleUntil(job.submittedAt);
    const called = calledTier(job.q, this.rules, () => true);
    if (called > 0) this.raiseDemand(called - 1);
    const decided = this.whatIf(called, job.holdOutDraw);
    if (decided.tier > 0) add(this.purse.reserved, decided.tier - 1, decided.cost);
    this.push({ job, decided, order: this.submitted });
    this.submitted += 1;
    return decided;
  }

  /** What would be decided about a job that calls for a tier; changes nothing. */
  whatIf(called: number, draw: () => number): Decided {
    const chosen = nothingChosen();
    const barred = this.evidenceBars ? this.barred() : null;
    const factsOf = (tier: number): TierFacts | null => this.facts[tier - 1] ?? null;
    chooseTier({ called, barred, rules: this.tierRules, factsOf, draw }, chosen);
    return { called, ...chosen };
  }

  /** Applies the labels known by a time. */
  settleUntil(time: number): void {
    for (let next = this.waiting[0]; next !== undefined && next.job.labelAt <= time; next = this.waiting[0]) {
      this.settle(this.pop());
    }
  }

  private barred(): string | null {
    judge(CORE_EVIDENCE, { state: this.state, score: scoreOfState(this.state) }, this.judgement);
    return this.judgement.scope === 'escalate' ? this.judgement.reason : null;
  }

  private raiseDemand(i: number): void {
    const rules = this.rules[i];
    if (rules === undefined) return;
    add(this.open, i, 1);
    this.demand[i] = demandAfter(this.demand[i] ?? 0, this.open[i] ?? 0);
    this.purse.caps[i] = capFor(rules, this.demand[i] ?? 0);
  }

  private settle({ job, decided, order }: Pending): void {
    if (decided.called > 0) add(this.open, decided.called - 1, -1);
    const touched = decided.tier >= 3 && !decided.heldOut;
    const longWait = job.longWait(decided);
    const { called, tier, heldOut, cost } = decided;
    const { submittedAt, labelAt, q, ringDraw } = job;
    const entry: LedgerEntry = {
      ...BLANK,
      ...{ jobId: String(order), submittedAt, labelAt, q, called, tier, heldOut, cost, touched },
      done: tier > 0,
      paper: decided.paper === 0 ? NONE : tiersIn(decided.paper),
      longWait: touched ? null : longWait,
      get draw() {
        return ringDraw();
      },
    };
    applyEntry(this.state, entry, this.purse, this.longWaitSeconds);
    if (!touched) this.promises.settle(decided, longWait);
    this.afterLabel(entry);
  }

  private push(one: Pending): void {
    const heap = this.waiting;
    let at = heap.length;
    heap.push(one);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isEarlier(one, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = one;
  }

  private pop(): Pending {
    const heap = this.waiting;
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined) throw new RangeError('nothing waits for a label');
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      let below = heap[child];
      const other = heap[child + 1];
      if (below === undefined) break;
      if (other !== undefined && isEarlier(other, below)) {
        child += 1;
        below = other;
      }
      if (!isEarlier(below, last)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

/**
 * What a tier's acts came to, counted without looking at its tokens. Of what a tier did on its own at least pi has to be right, beyond the
 * first K: wrong <= K + (right + .1 paper-right) (1 - pi) / pi, with hold-outs 1/h-fold.
 */
export class Promises {
  readonly wrong = new Float64Array(4);
  readonly right = new Float64Array(4);
  readonly paperRight = new Float64Array(4);
  private readonly rules: readonly TierRules[];

  constructor(rules: readonly TierRules[]) {
    this.rules = rules;
  }

  settle({ tier, cost, paper }: Readonly<Chosen>, longWait: boolean): void {
    if (tier > 0) add(longWait ? this.right : this.wrong, tier - 1, cost / TOKEN);
    if (longWait && paper !== 0) for (const one of tiersIn(paper)) add(this.paperRight, one - 1, 1);
  }

  /** What is left of the promise of a tier, in tokens: never below 0. */
  slack(i: number): number {
    const rules = this.rules[i];
    if (rules === undefined) return Number.NaN;
    const odds = (1 - rules.promise) / rules.promise;
    const earned = (this.right[i] ?? 0) + 0.1 * (this.paperRight[i] ?? 0);
    return rules.start / TOKEN + earned * odds - (this.wrong[i] ?? 0);
  }

  /** The least slack of all tiers. */
  get least(): number {
    return Math.min(...this.rules.map((_, i) => this.slack(i)));
  }
}

const NONE: number[] = [];
/** Streams here have no p: nothing learns from it, and the intervals have tests of their own. */
const BLANK: LedgerEntry = entryOf({ p: null, predictedWaitSeconds: null, waitSeconds: null });

function isEarlier(one: Pending, other: Pending): boolean {
  const byTime = one.job.labelAt - other.job.labelAt || one.job.submittedAt - other.job.submittedAt;
  return (byTime || one.order - other.order) < 0;
}

function add(vector: Float64Array, i: number, by: number): void {
  vector[i] = (vector[i] ?? 0) + by;
}
