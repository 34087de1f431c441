import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { owesWait } from '../../../functions/domain/calibration/apply.ts';
import { deserialise, serialise } from '../../../functions/domain/calibration/codec.ts';
import { serve } from '../../../functions/domain/calibration/serve.ts';
import { applyBatch, birth } from '../../../functions/domain/fold-batch.ts';
import { decide, reliability, withRefusedReservation } from '../../../functions/domain/gate.ts';
import { labelOf } from '../../../functions/domain/label.ts';
import { inFoldOrder, isWait, knownAt, type LedgerLine } from '../../../functions/domain/ledger-lines.ts';
import { lateWait, ledgerEntry } from '../../../functions/domain/outcome.ts';
import { type Labelled, labelledOf } from '../../../functions/domain/recalibration/labelled.ts';
import { RECALIBRATION } from '../../../functions/domain/recalibration/numbers.ts';
import { NO_MEMORY, recalibrationStep } from '../../../functions/domain/recalibration/step.ts';
import { Pace } from '../../../infra/replay/pace.ts';
import { replayFile } from '../../../infra/replay/replay-file.ts';
import { ruleSet } from '../../../infra/replay/rules.ts';
import type { OnDecision } from '../../../infra/replay/stream.ts';
import type { Decision } from '../../../schemas/decision.ts';
import type { JobItem } from '../../../schemas/items/job.ts';
import type { EpochChange } from '../../../schemas/items/ledger.ts';
import { folder } from './run.ts';
import { csv, jobs } from './synthetic.ts';

const D = join(import.meta.dirname, '../../../../shared/data/replay/D.csv.gz');
const RULES = ruleSet('all');
const files = folder();

interface Job {
  jobId: string;
  submittedAt: number;
  p: number;
  predicted: number;
  wait: number;
}

/** What the back-test says of a file: the decisions in order, and the state in the end. */
async function backTest(path: string) {
  const decisions: string[] = [];
  const seen: Job[] = [];
  const add: OnDecision = (row, { q }, { scope, reason }) => {
    decisions.push(`${row.jobId()} ${scope} ${reason} ${q}`);
    const { submittedAt, p, predictedWaitSeconds, waitSeconds } = row;
    seen.push({ jobId: row.jobId(), submittedAt, p, predicted: predictedWaitSeconds, wait: waitSeconds });
  };
  const sink = { mark: () => 0, backTo: () => {}, add: (_: string, ...told: Parameters<OnDecision>) => add(...told) };
  const options = { mapping: new Map(), longWaitSeconds: 300, onRead: () => {}, compare: false, decisions: sink };
  const { streams } = await replayFile(path, 'one', { ...options, rules: RULES });
  const [only] = streams;
  if (!only) throw new Error('no stream');
  return { decisions, seen, stream: only.stream };
}

const instant = (seconds: number) => new Date(seconds * 1000).toISOString();

/**
 * The same jobs as the deployed system has them: each decided by the gate on the stored bytes, its row labelled from its
 * events, its ledger entry made of the row, each label a batch of its own that takes bytes to bytes.
 */
class Deployed {
  readonly decisions: string[] = [];
  stored: Uint8Array = birth(RULES.config.budgets).state;
  version = 0;
  private readonly open: { line: LedgerLine; row: JobItem; decision: Decision }[] = [];
  private readonly labels: Labelled[] = [];
  private readonly pace = new Pace(RULES.config.limits);
  private memory = NO_MEMORY;

  submit({ jobId, submittedAt, p, predicted, wait }: Job): void {
    this.settle(submittedAt);
    const { config } = RULES;
    const state = deserialise(this.stored);
    const now = new Date(submittedAt * 1000);
    const prediction = { p, waitSeconds: predicted, confidence: null, ...serve(state, { p, waitSeconds: predicted }) };
    const limits = { coolingDown: false, usedThisHour: 0 };
    const held = (kind: 'statement' | 'intervention') =>
      this.open.filter(({ line, decision }) => !isWait(line) && decision.executed && decision.kind === kind).length;
    const inFlight = { statement: held('statement'), intervention: held('intervention') };
    const given = { state, version: this.version, frozen: false, staleSince: null, config, now };
    const input = {
      job: { clusterId: config.clusterId, jobId, submittedAt: instant(submittedAt) },
      ...{ ownEffect: false, started: false, labelKnown: false, prediction, state, inFlight, config, limits, now },
      verdict: reliability(given),
    };
    const action = decide(input).arguments?.action;
    if (action !== undefined && decide(input).kind === 'intervention')
      this.pace.look(jobId, action, submittedAt, limits);
    let decision = decide(input);
    const max = applyBatch(this.stored, { ...this.batch(), version: this.version });
    if (decision.executed && inFlight[decision.kind] >= max[`max_${decision.kind}`]) {
      decision = withRefusedReservation(decision);
    }
    if (decision.executed && decision.kind === 'intervention') this.pace.used(jobId, action ?? '', submittedAt);
    const code = decision.holdout ? 'holdout' : (decision.reasons[0]?.code ?? null);
    this.decisions.push(`${jobId} ${decision.scope} ${code} ${prediction.q}`);
    const row = this.row(decision, submittedAt, wait);
    const line = ledgerEntry(row);
    if (!line) throw new Error(`${jobId} has no entry`);
    // What the fold learns once the job starts.
    this.await({ line, row: { ...row, actual_wait: wait }, decision });
  }

  settle(until: number): void {
    for (let first = this.open[0]; first && knownAt(first.line) <= until; first = this.open[0]) {
      this.open.shift();
      this.fold([first.line]);
      if (isWait(first.line)) continue;
      const late = owesWait(first.line) ? lateWait({ ...first.row, folded_in: this.version }) : null;
      if (late) this.await({ ...first, line: late });
      const label = labelledOf(first.line);
      if (label === null) continue;
      this.labels.push(label);
      const { change, memory } = recalibrationStep(
        deserialise(this.stored),
        this.labels.slice(-RECALIBRATION.window),
        this.memory,
        300,
      );
      this.memory = memory;
      if (change) this.fold([], change);
    }
  }

  private await(open: (typeof this.open)[number]): void {
    this.open.push(open);
    this.open.sort((a, b) => inFoldOrder(a.line, b.line));
  }

  /** As it is when its label is known. */
  private row(decision: Decision, submittedAt: number, wait: number): JobItem {
    const { clusterId, jobId, longWaitSeconds, executed, kind } = decision;
    const events = { submitted_at: instant(submittedAt), started_at: instant(submittedAt + wait) };
    const label = labelOf(events, longWaitSeconds, new Date((submittedAt + wait + 3600) * 1000));
    if (!label) throw new Error(`${jobId} has no label`);
    const touched = executed && kind === 'intervention';
    const wrong = (decision.prediction.q ?? 0) >= 0.5 !== label.longWait;
    const effect = {
      action: 'hold',
      decisionId: decision.decisionId,
      at: events.submitted_at,
      intervened: true,
    } as const;
    return {
      ...{ PK: '', SK: '', v: 1, cluster_id: clusterId, job_id: jobId, submitted_at: events.submitted_at, decision },
      ...{ long_wait: label.longWait, label_at: label.labelAt },
      // Known by the label: a job that waits longer has not started then.
      ...(label.longWait === false && label.waitSeconds !== null && { actual_wait: label.waitSeconds }),
      ...(touched && { effect: { ...effect, status: wrong ? 'undone' : 'done' } }),
    };
  }

  private fold(entries: LedgerLine[], change?: EpochChange): void {
    this.version += 1;
    this.stored = applyBatch(this.stored, { ...this.batch(), entries, ...(change && { change }) }).state;
  }

  private batch() {
    const { budgets } = RULES.config;
    return { PK: '', SK: '', v: 1 as const, version: this.version, folded_at: instant(0), budgets, entries: [] };
  }
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
  it('decide every job of a cluster whose model drifts alike, and end in the same bytes', async () => {
    const { decisions, deployed, state, stream } = await bothOn(
      files.put('s.csv', csv(jobs(2_000, { driftsAt: 900 }))),
    );
    expect(deployed.decisions).toEqual(decisions);
    expect(Buffer.from(deployed.stored).equals(Buffer.from(state))).toBe(true);
    // All that may differ was in it: executions, interventions, refusals, another map.
    expect(stream.tally.executed.executed).toBeGreaterThan(300);
    expect(stream.recalibration?.promoted).toBeGreaterThan(0);
  });

  const why = existsSync(D) ? '' : ' (skipped: there is no ../shared/data/replay beside this repository)';
  it.skipIf(!existsSync(D))(`do so on a real stream with a switch of clusters${why}`, async () => {
    const { decisions, deployed, state, stream } = await bothOn(D);
    expect(decisions).toHaveLength(8_914);
    expect(deployed.decisions).toEqual(decisions);
    expect(Buffer.from(deployed.stored).equals(Buffer.from(state))).toBe(true);
    expect(stream.recalibration?.promoted).toBeGreaterThan(0);
  });
});
