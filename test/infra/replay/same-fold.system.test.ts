import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { owesWait } from '../../../functions/domain/calibration/apply.ts';
import { deserialise, serialise } from '../../../functions/domain/calibration/codec.ts';
import { capFor, demandAfter } from '../../../functions/domain/calibration/demand.ts';
import { boundsAround } from '../../../functions/domain/calibration/intervals.ts';
import type { CalibrationState } from '../../../functions/domain/calibration/state.ts';
import { applyBatch, birth } from '../../../functions/domain/fold-batch.ts';
import { decide } from '../../../functions/domain/gate.ts';
import { labelOf } from '../../../functions/domain/label.ts';
import { ledgerEntry, moreOfWait } from '../../../functions/domain/ledger-entry.ts';
import { inFoldOrder, isWait, knownAt, type LabelLine } from '../../../functions/domain/ledger-lines.ts';
import { nextWaitDue } from '../../../functions/domain/outcome.ts';
import { reliability } from '../../../functions/domain/reliability.ts';
import { experts, learn, mixture } from '../../../infra/replay/forecast/experts.ts';
import { Pace } from '../../../infra/replay/pace.ts';
import { Questions } from '../../../infra/replay/questions.ts';
import { replayFile } from '../../../infra/replay/replay-file.ts';
import { roundOf, ruleSet } from '../../../infra/replay/rules.ts';
import type { ReplayedDecision } from '../../../infra/replay/stream.ts';
import type { Decision } from '../../../schemas/decision.ts';
import type { JobItem } from '../../../schemas/items/job.ts';
import { LAYOUT } from '../../../schemas/layout.ts';
import type { Reason } from '../../../schemas/verdict.ts';
import { folder } from './run.ts';
import { csv, jobs } from './synthetic.ts';

const FOLDER = join(import.meta.dirname, '../../../../shared/data/replay');
const present = existsSync(join(FOLDER, 'F.csv.gz'));
const RULES = ruleSet('all');
const HOLD = 4;
/** Each label goes from bytes to bytes: a machine that is busy with other tests takes its time over thousands of them. */
const PATIENCE = 240_000;
const files = folder();

interface Job {
  clusterId: string;
  jobId: string;
  submittedAt: number;
  p: number;
  predicted: number;
  wait: number;
}

/** What the back-test says of a file: the decisions in order, and the stream in the end. */
async function backTest(path: string) {
  const decisions: string[] = [];
  const seen: Job[] = [];
  const add = (_: string, { row, q, called, chosen, asked }: ReplayedDecision) => {
    const { tier, heldOut, cost, paper, reason } = chosen;
    const jobId = row.jobId();
    decisions.push([jobId, q, called, tier, heldOut, cost, paper, asked, tier < called ? reason : null].join());
    const { clusterId, submittedAt, p, predictedWaitSeconds, waitSeconds } = row;
    seen.push({ clusterId, jobId, submittedAt, p, predicted: predictedWaitSeconds, wait: waitSeconds });
  };
  const decided = { mark: () => 0, backTo: () => {}, add };
  const options = { mapping: new Map(), longWaitSeconds: 300, onRead: () => {}, beside: false, decisions: decided };
  const { streams } = await replayFile(path, 'one', { ...options, rules: RULES, forecast: 'file' });
  const [only] = streams;
  if (!only) throw new Error('no stream');
  return { decisions, seen, stream: only.cluster.stream };
}

const instant = (seconds: number) => new Date(seconds * 1000).toISOString();

interface Waiting {
  line: LabelLine;
  row: JobItem;
  wait: number;
}

/**
 * The same jobs as the deployed system has them: each decided by the gate on the stored bytes and the free tokens beside them,
 * its row labelled from its events, its ledger entry made of the row, each label a batch of its own that takes bytes to bytes
 * and tokens to tokens.
 */
class Deployed {
  readonly decisions: string[] = [];
  stored: Uint8Array;
  free: number[];
  version = 0;
  private readonly waiting: Waiting[] = [];
  private readonly experts = experts();
  private readonly pace = new Pace(RULES.config.limits);
  private readonly questions = new Questions(RULES.config);
  private readonly open = [0, 0, 0, 0];
  private readonly demand = [0, 0, 0, 0];
  private read: CalibrationState;

  constructor() {
    ({ state: this.stored, free: this.free } = birth([...RULES.tiers]));
    this.read = deserialise(this.stored);
  }

  submit({ clusterId, jobId, submittedAt, p, predicted, wait }: Job): void {
    this.settle(submittedAt);
    const { config, lottery } = RULES;
    const state = this.read;
    const round = roundOf(clusterId, jobId, submittedAt);
    const now = new Date(submittedAt * 1000);
    const decision = decide({
      job: round,
      ...{ started: false, labelKnown: false, ownEffect: false, state, config, now },
      forecastLabels: 50,
      prediction: {
        ...{ p, q: mixture(this.experts, p), waitSeconds: predicted, confidence: null },
        ...boundsAround(state, predicted),
      },
      verdict: reliability({ state, version: this.version, frozen: false, staleSince: null, config, now }),
      purse: { reserved: Float64Array.from(this.reserved()), caps: Float64Array.from(this.caps()) },
      limits: [1, 2, 3, HOLD].map((tier) => this.limitsOf(tier, jobId, submittedAt)),
      askBarred: (tier): Reason | null => {
        const message = this.questions.whyNot(tier, submittedAt);
        return message === null ? null : { code: 'noPlace', message, scope: 'escalate' };
      },
      draw: () => lottery.holdOut(round),
    });
    this.carryOut(decision, jobId, submittedAt, wait);
    const { called, tier, next, cost, paper, asks, passedOver } = decision;
    const bits = paper.reduce((sum, one) => sum + 2 ** (one - 1), 0);
    const why = tier < called ? passedOver[0]?.reasons[0]?.code : null;
    const heldOut = next === 'holdOut';
    this.decisions.push([jobId, decision.prediction.q, called, tier, heldOut, cost, bits, asks !== null, why].join());

    const row = labelled(decision, submittedAt, wait);
    const line = ledgerEntry(row, lottery.ring(round));
    if (!line) throw new Error(`${jobId} has no entry`);
    this.await({ line, row, wait });
  }

  settle(until: number): void {
    for (let first = this.waiting[0]; first && knownAt(first.line) <= until; first = this.waiting[0]) {
      this.waiting.shift();
      this.fold(first.line);
      const { row, wait, line } = first;
      const folded = { ...row, folded_in: this.version, ...(isWait(line) && { waited_seconds: line.toSeconds }) };
      if (isWait(line) ? line.started : owesWait(line) === null) continue;
      const seconds = isWait(line) ? line.toSeconds : line.labelAt - line.submittedAt;
      const due = nextWaitDue(line, seconds);
      const elapses = due === null ? Number.POSITIVE_INFINITY : Date.parse(due) / 1000 - line.submittedAt;
      const starts = wait <= elapses;
      // An instant has milliseconds: the one after it is past the bound.
      const at = new Date(1000 * (line.submittedAt + Math.min(wait, elapses)) + 1);
      const more = moreOfWait({ ...folded, ...(starts && { actual_wait: wait }) }, at);
      if (more) this.await({ line: more, row: folded, wait });
    }
  }

  /** What decisions in flight have reserved: what the tokens are more than what is free. */
  private reserved(): number[] {
    return this.read.tiers.map(({ tokens }, i) => tokens - (this.free[i] ?? 0));
  }

  private caps(): number[] {
    return RULES.tiers.map((tier, i) => capFor(tier, this.demand[i] ?? 0));
  }

  private limitsOf(tier: number, jobId: string, now: number) {
    const limits = { ...RULES.config.limits, coolingDown: false, usedThisHour: 0 };
    const action = RULES.actions[tier - 1]?.action;
    if (tier >= 3 && action !== undefined) this.pace.look(jobId, action, now, limits);
    return { ...limits, noPlaceToAsk: tier === HOLD ? this.questions.whyNot(tier, now) : null };
  }

  private carryOut({ called, tier, cost, executed, kind, asks }: Decision, jobId: string, now: number, wait: number) {
    if (called > 0) {
      const i = called - 1;
      this.open[i] = (this.open[i] ?? 0) + 1;
      this.demand[i] = demandAfter(this.demand[i] ?? 0, this.open[i] ?? 0);
    }
    if (tier > 0) this.free[tier - 1] = (this.free[tier - 1] ?? 0) - cost;
    if (asks) this.questions.ask(asks.tier, now, wait);
    if (!executed || kind !== 'intervention') return;
    this.pace.carriedOut(jobId, RULES.actions[tier - 1]?.action ?? '', now);
    if (tier === HOLD) this.questions.ask(HOLD, now, wait);
  }

  private await(waiting: Waiting): void {
    this.waiting.push(waiting);
    this.waiting.sort((a, b) => inFoldOrder(a.line, b.line));
  }

  private fold(line: LabelLine): void {
    if (!isWait(line) && line.called > 0) this.open[line.called - 1] = (this.open[line.called - 1] ?? 0) - 1;
    this.foldBatch([line]);
    if (isWait(line) || line.touched || line.longWait === null || line.p === null) return;
    learn(this.experts, line.p, line.longWait ? 1 : 0);
  }

  private foldBatch(entries: LabelLine[]): void {
    this.version += 1;
    const { state, free } = applyBatch(this.stored, {
      ...{ v: LAYOUT, PK: '', SK: '', version: this.version, folded_at: instant(0) },
      long_wait_seconds: RULES.config.longWaitSeconds,
      tiers: [...RULES.tiers],
      reserved: this.reserved(),
      caps: this.caps(),
      entries,
    });
    this.stored = state;
    this.read = deserialise(state);
    free.forEach((moves, i) => {
      if ('delta' in moves) this.free[i] = (this.free[i] ?? 0) + moves.delta;
    });
  }
}

/** The row of a job as it is when its label is known. */
function labelled(decision: Decision, submittedAt: number, wait: number): JobItem {
  const { clusterId, jobId, decisionId, longWaitSeconds, executed, kind } = decision;
  const events = { submitted_at: instant(submittedAt), started_at: instant(submittedAt + wait) };
  const label = labelOf(events, longWaitSeconds, new Date((submittedAt + wait + 3600) * 1000));
  if (!label) throw new Error(`${jobId} has no label`);
  const effect = { action: 'any', decisionId, at: events.submitted_at, intervened: true, status: 'done' } as const;
  return {
    ...{ v: LAYOUT, PK: '', SK: '', cluster_id: clusterId, job_id: jobId, submitted_at: events.submitted_at, decision },
    ...{ long_wait: label.longWait, label_at: label.labelAt },
    // Known by the label: a job that waits longer has not started then.
    ...(label.longWait === false && label.waitSeconds !== null && { actual_wait: label.waitSeconds }),
    ...(executed && kind === 'intervention' && { effect }),
  };
}

async function bothOn(path: string) {
  const { decisions, seen, stream } = await backTest(path);
  const deployed = new Deployed();
  for (const job of seen) deployed.submit(job);
  deployed.settle(Number.POSITIVE_INFINITY);
  // The back-test keeps no ledger, so its state has no version.
  stream.state.version = deployed.version;
  return { decisions, deployed, state: serialise(stream.state), stream };
}

describe('the back-test and the deployed fold', () => {
  it('decide every job of a cluster whose model drifts alike, and end in the same bytes and tokens', {
    timeout: PATIENCE,
  }, async () => {
    const { decisions, deployed, state, stream } = await bothOn(
      files.put('s.csv', csv(jobs(2_000, { driftsAt: 1_200, apart: 300 }))),
    );
    expect(deployed.decisions).toEqual(decisions);
    expect(Buffer.from(deployed.stored).equals(Buffer.from(state))).toBe(true);
    expect(deployed.free).toEqual(stream.state.tiers.map(({ tokens }) => tokens));
    // All that may differ was in it.
    expect(Math.min(...stream.tally.tiers.slice(0, 3).map(({ acted }) => acted))).toBeGreaterThan(20);
    expect(Math.min(stream.tally.heldOut, stream.tally.asked + stream.tally.alsoAsked)).toBeGreaterThan(2);
  });

  const why = present ? '' : ' (skipped: there is no ../shared/data/replay beside this repository)';
  const rowsOf = (stream: string, from: number, to: number): string => {
    const text = gunzipSync(readFileSync(join(FOLDER, `${stream}.csv.gz`))).toString();
    const [head = '', ...lines] = text.trim().split('\n');
    return files.put(`${stream}.csv`, [head, ...lines.slice(from, to)].join('\n'));
  };

  it.skipIf(!present).each([
    ['where it acts', 'F', 9_000, 11_000, 300],
    ['where the model is of another cluster', 'C', 2_914, 4_500, 0],
  ])(`do so on a real stream, %s${why}`, { timeout: PATIENCE }, async (_, name, from, to, leastActed) => {
    const { decisions, deployed, state, stream } = await bothOn(rowsOf(name, from, to));
    expect(decisions).toHaveLength(to - from);
    expect(deployed.decisions).toEqual(decisions);
    expect(Buffer.from(deployed.stored).equals(Buffer.from(state))).toBe(true);
    expect(deployed.free).toEqual(stream.state.tiers.map(({ tokens }) => tokens));
    expect(stream.tally.acted).toBeGreaterThanOrEqual(leastActed);
  });
});
