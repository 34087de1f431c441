import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { admissionStore } from '../../../functions/adapters/tables/admission-store.ts';
import { loadCalibration, loadOrCreateCalibration } from '../../../functions/adapters/tables/calibration.ts';
import { configKey } from '../../../functions/adapters/tables/config.ts';
import { decisionStore } from '../../../functions/adapters/tables/decision-store.ts';
import { foldStore } from '../../../functions/adapters/tables/fold-store.ts';
import { loadForecast } from '../../../functions/adapters/tables/forecast.ts';
import { closeJob, loadJob, recordEffect } from '../../../functions/adapters/tables/jobs.ts';
import { joinOutcomeToRow, labelRow } from '../../../functions/adapters/tables/outcomes.ts';
import { reliabilityStore } from '../../../functions/adapters/tables/reliability-store.ts';
import type { Table } from '../../../functions/adapters/tables/table.ts';
import { admitRound } from '../../../functions/application/decisions/admit-round.ts';
import { checkReliability } from '../../../functions/application/decisions/check-reliability.ts';
import { readEvidence } from '../../../functions/application/decisions/evidence.ts';
import { recordDecisionOnce } from '../../../functions/application/decisions/record-decision.ts';
import { foldCluster } from '../../../functions/application/outcomes/fold-cluster.ts';
import { deserialise } from '../../../functions/domain/calibration/codec.ts';
import { deserialiseForecast } from '../../../functions/domain/forecast/codec.ts';
import type { ForecastState } from '../../../functions/domain/forecast/state.ts';
import { outcomeOf } from '../../../functions/domain/outcome.ts';
import { TIER_INDEXES, tierOf } from '../../../functions/domain/reservations.ts';
import { GATE } from '../../../functions/domain/thresholds.ts';
import { BuiltIn } from '../../../infra/replay/forecast/built-in.ts';
import type { ForecastName } from '../../../infra/replay/forecast/forecaster.ts';
import { Row } from '../../../infra/replay/import/row.ts';
import { clusterConfig, ruleSet } from '../../../infra/replay/rules.ts';
import { Stream } from '../../../infra/replay/stream.ts';
import type { ClusterConfig } from '../../../schemas/config.ts';
import type { OutcomeEvent } from '../../../schemas/events/collector.ts';
import type { Job } from '../../../schemas/machines/job-workflow.ts';
import { aJob } from '../../fixtures/builders.ts';
import { useTable } from '../../fixtures/handlers.ts';
import { seeded } from './synthetic.ts';

const T = 300;
const START = 1_772_366_400;
/** Every job takes dozens of requests to a table: a machine that is busy with other tests takes its time over them. */
const PATIENCE = { timeout: 600_000 };

const dynamo = useTable();
let table: Table;
beforeAll(() => {
  ({ table } = dynamo);
});

/** One job of a history. Times in seconds since the epoch, null where it does not come to that. */
interface Past {
  readonly jobId: string;
  readonly at: number;
  readonly p: number | null;
  readonly gpus: number;
  readonly procs: number;
  readonly queue: string;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** It leaves without a start. */
  readonly cancelledAt: number | null;
  /** It is an array: its start is that of one task. */
  readonly isArray: boolean;
}

const SHAPES = [
  { gpus: 0, procs: 0.5 },
  { gpus: 1, procs: 8 },
  { gpus: 4, procs: 32 },
];

/**
 * Jobs whose waits are foretold by what they ask for, or less by that than by VGAC; with all that happens to jobs beside waiting
 * and running.
 */
function history(count: number, foretoldBy: 'VGAC' | 'shape'): Past[] {
  const [often, seldom] = foretoldBy === 'shape' ? [0.97, 0.01] : [0.9, 0.05];
  const random = seeded(21);
  const list: Past[] = [];
  let at = START;
  for (let i = 0; i < count; i++) {
    // Every seventh comes in the same second as the one before it.
    if (i % 7 > 0) at += 20 + Math.floor(80 * random());
    const { gpus, procs } = SHAPES[Math.floor(SHAPES.length * random())] ?? { gpus: 0, procs: 0 };
    const isLong = random() < (gpus === 4 ? often : seldom);
    const wait = isLong ? T + 1 + Math.floor(900 * random()) : i % 11 === 0 ? 0 : Math.floor((T + 1) * random());
    const said = isLong ? 0.7 + 0.25 * random() : 0.3 * random();
    const isCancelled = i % 13 === 5;
    // Of one that is submitted again before it starts, the round before it has left then.
    const before = list[i - 3];
    const again = i % 31 === 30 && before?.cancelledAt === null && !before.isArray ? before : null;
    if (again !== null) list[i - 3] = ends(again, at);
    list.push({
      ...{ jobId: again?.jobId ?? String(100_000 + i), at, p: i % 5 === 4 ? null : round(said), gpus, procs },
      ...{ queue: ['gpu', 'cpu', ''][i % 3] ?? '', isArray: i % 17 === 3 },
      startedAt: isCancelled ? null : at + wait,
      endedAt: isCancelled ? null : at + wait + 30 + Math.floor(4000 * random()),
      cancelledAt: isCancelled ? at + (i % 2 === 0 ? 40 : T + 1) : null,
    });
  }
  return list;
}

const round = (p: number): number => Math.round(1000 * p) / 1000;

/** The same job, which is over at a moment. */
function ends(past: Past, at: number): Past {
  if (past.startedAt === null || past.startedAt >= at) {
    return { ...past, startedAt: null, endedAt: null, cancelledAt: at };
  }
  return { ...past, endedAt: Math.min(past.endedAt ?? at, at) };
}

function rowOf(past: Past, clusterId: string): Row {
  const { jobId, at, startedAt, endedAt, cancelledAt } = past;
  const row = Object.assign(new Row(), { clusterId, submittedAt: at, gpus: past.gpus, procs: past.procs });
  row.id.rename(jobId);
  row.queue = past.queue;
  if (past.p !== null) row.p = past.p;
  if (startedAt !== null) row.waitSeconds = startedAt - at;
  if (startedAt !== null && endedAt !== null) row.runSeconds = endedAt - startedAt;
  if (cancelledAt !== null) row.leftAt = cancelledAt;
  row.longWait = (startedAt ?? Number.POSITIVE_INFINITY) > at + T && (cancelledAt ?? at + T) >= at + T;
  row.censored = startedAt === null && !row.longWait;
  row.labelAt = row.censored ? row.leftAt : row.longWait ? at + T : (startedAt ?? Number.NaN);
  return row;
}

/** What is compared of a decision. */
interface Made {
  readonly jobId: string;
  /** The tier called for and the one chosen, whether it is held out, and who serves. */
  readonly said: string;
  readonly q: number;
  readonly upper90Seconds: number;
  readonly cost: number;
}

function rulesOf(clusterId: string): ReturnType<typeof ruleSet> {
  const usual = clusterConfig();
  // Questions, cooldowns, days and the time to undo are compared elsewhere.
  const config = {
    ...usual,
    clusterId,
    asking: { open: 100, perHour: 1000, keptForGate: 2 },
    limits: { ...usual.limits, cooldownMinutes: 0, actionsPerHour: 1000 },
    evidenceDays: 0,
    approvalTtlSeconds: 60,
    approvals: { ...usual.approvals, undoMinutes: 0 },
  };
  return ruleSet('all', { config });
}

function backTest(pasts: readonly Past[], clusterId: string, forecast: ForecastName) {
  const decisions: Made[] = [];
  const stream = new Stream(clusterId, rulesOf(clusterId), forecast, {
    onDecision: ({ row, q, called, chosen, by, upper90Seconds }) => {
      const { tier, heldOut, cost } = chosen;
      const said = [called, tier, heldOut, by].join(' ');
      decisions.push({ jobId: row.jobId(), said, q, upper90Seconds, cost });
    },
  });
  for (const past of pasts) stream.decide(rowOf(past, clusterId));
  if (!(stream.forecaster instanceof BuiltIn)) throw new Error('another forecast serves');
  return { decisions, stream, forecast: stream.forecaster.state };
}

/** The same jobs as the deployed system has them, with a clock that folds as soon as anything is known. */
class Deployed {
  readonly decisions: Made[] = [];
  private readonly clusterId: string;
  private readonly asksVgac: boolean;
  private readonly config: ClusterConfig;
  private readonly coming: { readonly at: number; readonly tell: () => Promise<unknown> }[] = [];

  constructor(clusterId: string, asksVgac: boolean) {
    this.clusterId = clusterId;
    this.asksVgac = asksVgac;
    ({ config: this.config } = rulesOf(clusterId));
  }

  async play(pasts: readonly Past[]): Promise<void> {
    const { config } = this;
    const item = { ...configKey(this.clusterId), v: 1, config, applied_at: instant(START) };
    await table.client.send(new PutCommand({ TableName: table.name, Item: item }));
    await loadOrCreateCalibration(table, config, moment(START));
    for (const past of pasts) {
      await this.settle(past.at);
      await this.decide(past);
    }
    await this.fold(pasts.at(-1)?.at ?? START);
  }

  async state(): Promise<{ tokens: number[]; reserved: number[]; forecast: ForecastState }> {
    const [item, forecast] = await Promise.all([
      loadCalibration(table, this.clusterId),
      loadForecast(table, this.clusterId),
    ]);
    if (item === null || forecast === null) throw new Error('nothing was folded');
    const tokens = deserialise(item.state).tiers.map((tier) => tier.tokens);
    const reserved = TIER_INDEXES.map((tier) => (tokens[tier - 1] ?? 0) - tierOf(item, tier).free);
    return { tokens, reserved, forecast: deserialiseForecast(forecast.state) };
  }

  private async settle(until: number): Promise<void> {
    this.coming.sort((one, other) => one.at - other.at);
    for (let next = this.coming[0]; next !== undefined && next.at <= until; next = this.coming[0]) {
      const { at } = next;
      // What is known at one moment is folded in its own order.
      while (this.coming[0]?.at === at) await this.coming.shift()?.tell();
      await this.fold(at);
    }
    await this.fold(until);
  }

  private async fold(at: number): Promise<void> {
    await foldCluster(foldStore(table), this.config, moment(at));
  }

  private async decide(past: Past): Promise<void> {
    const { clusterId, config } = this;
    const { jobId, at, p, gpus, procs, queue } = past;
    const now = moment(at);
    const request = { gpus, cpuMillis: 1000 * procs, memoryGb: 1 };
    const job: Job = { ...aJob({ clusterId, jobId, submittedAt: instant(at), request }), queue };
    const said = p === null || !this.asksVgac ? 'notAsked' : { pLongWait: p, waitSeconds: 60, confidence: null };
    await admitRound(admissionStore(table), job, `arn:${jobId}:${at}`, now);
    const verdict = await checkReliability(reliabilityStore(table), config, now);
    const evidence = await readEvidence(decisionStore(table), job);
    const decision = await recordDecisionOnce(decisionStore(table), { job, verdict, said, evidence }, now);
    if (decision.executed && decision.kind === 'intervention') {
      const { decisionId } = decision;
      const effect = { status: 'done', action: 'any', decisionId, at: instant(at), intervened: true } as const;
      await recordEffect(table, job, effect);
      await closeJob(table, job, { status: 'acted', at: now });
    }
    const { prediction, called, tier, next, cost } = decision;
    const by = prediction.models?.servedBy === 'queueAndVgac' ? 'both' : 'builtin';
    this.decisions.push({
      jobId,
      said: [called, tier, next === 'holdOut', by].join(' '),
      ...{ q: prediction.q ?? Number.NaN, upper90Seconds: prediction.upper90Seconds, cost },
    });
    this.expect(job, past, [prediction.lowerSeconds, prediction.upperSeconds, prediction.upper90Seconds]);
  }

  /** What becomes of a job, each when it happens. */
  private expect(job: Job, past: Past, bounds: readonly number[]): void {
    const { at, startedAt, endedAt, cancelledAt } = past;
    const over = Math.min(startedAt ?? Number.POSITIVE_INFINITY, cancelledAt ?? Number.POSITIVE_INFINITY);
    const tell = (when: number | null, event: () => Told): void => {
      if (when !== null) this.coming.push({ at: when, tell: () => this.tell(event()) });
    };
    tell(startedAt, () => ({ 'detail-type': 'JobStarted', startedAt: instant(startedAt ?? 0), past }));
    tell(endedAt, () => ({ 'detail-type': 'JobEnded', endedAt: instant(endedAt ?? 0), state: 'succeeded', past }));
    tell(cancelledAt, () => ({ 'detail-type': 'JobCancelled', cancelledAt: instant(cancelledAt ?? 0), past }));
    if (over <= at + T) return;
    // Nothing is on its way to here that the label would have to wait for.
    this.coming.push({ at: at + T, tell: () => this.label(job, at + T) });
    for (const bound of bounds) {
      const nothing = { at: at + bound + 0.001, tell: async () => {} };
      if (bound > T && at + bound < over && bound <= GATE.usefulSeconds) this.coming.push(nothing);
    }
  }

  private async tell({ past, 'detail-type': type, ...told }: Told): Promise<void> {
    const { clusterId } = this;
    const { at, isArray } = past;
    const jobId = isArray && type === 'JobStarted' ? `${past.jobId}_7` : past.jobId;
    const detail = { schemaVersion: 1, clusterId, jobId, submittedAt: instant(at), ...told };
    const outcome = outcomeOf({ source: 'vgac.collectors', 'detail-type': type, detail } as OutcomeEvent);
    if (outcome === null) throw new Error(`${jobId} is told nothing`);
    const round = { clusterId, jobId: outcome.jobId, submittedAt: instant(at) };
    await joinOutcomeToRow(table, round, outcome.fact, T, moment(at));
  }

  private async label(job: Job, at: number): Promise<void> {
    const row = await loadJob(table, job);
    if (row !== null) await labelRow(table, row, T, moment(at + GATE.labelGraceSeconds));
  }
}

interface Told {
  readonly 'detail-type': OutcomeEvent['detail-type'];
  readonly past: Past;
  readonly [name: string]: unknown;
}

const moment = (seconds: number) => new Date(Math.ceil(seconds * 1000));
const instant = (seconds: number) => moment(seconds).toISOString();

/** The queue as it is counted, and what p has gained. */
function countsIn({ queue, choice }: ForecastState): number[] {
  const { pending, pendingGpus, running, runSeconds, lastSubmitted, waits, longs, tables, aged, corrected } = queue;
  return [
    ...[pending, pendingGpus, running, runSeconds, lastSubmitted ?? Number.NaN],
    ...[...waits.values, waits.next, ...longs.values, longs.next],
    ...[tables.shapes, tables.queues, tables.additions, aged.pending, aged.running, corrected.jobs],
    ...[choice.size, choice.labels, choice.gain, ...choice.gains, ...choice.times],
  ];
}

/** How far two lists of numbers are apart, at most, as a part of what is above 1. */
function apart(ones: readonly number[], others: readonly number[]): number {
  const off = ones.map((one, i) => Math.abs(one - (others[i] ?? Number.NaN)) / Math.max(1, Math.abs(one)));
  return Math.max(...off);
}

/** Stored state keeps seven digits of what stands off the diagonal of a covariance. */
const ROUNDING = 1e-5;

describe('the built-in forecast, deployed and in the back-test', () => {
  it.each([
    ['with p where it earns its place', 'both', 'VGAC', 280],
    ['without p, where it acts', 'builtin', 'shape', 310],
  ] as const)('decides every job alike, %s, and counts alike', PATIENCE, async (_, name, foretoldBy, count) => {
    const clusterId = `same-${name}`;
    const pasts = history(count, foretoldBy);
    const played = backTest(pasts, clusterId, name);
    const deployed = new Deployed(clusterId, name === 'both');
    await deployed.play(pasts);
    const words = ({ jobId, said }: Made) => `${jobId}: ${said}`;
    expect(deployed.decisions.map(words)).toEqual(played.decisions.map(words));
    const q = (made: readonly Made[]) => made.map((one) => one.q);
    expect(apart(q(deployed.decisions), q(played.decisions))).toBeLessThan(1e-6);
    const others = (made: readonly Made[]) => made.flatMap(({ upper90Seconds, cost }) => [upper90Seconds, cost]);
    expect(apart(others(deployed.decisions), others(played.decisions))).toBeLessThan(ROUNDING);
    const { tokens, reserved, forecast } = await deployed.state();
    expect(tokens).toEqual(played.stream.state.tiers.map((tier) => tier.tokens));
    expect(reserved).toEqual([...played.stream.purse.reserved]);
    expect(apart(countsIn(forecast), countsIn(played.forecast))).toBeLessThan(ROUNDING);
    // All that may differ was in it.
    const said = played.decisions.map((made) => made.said);
    if (name === 'both') expect(said.filter((one) => one.endsWith(' both')).length).toBeGreaterThan(5);
    else expect(said.filter((one) => /^4 3 /.test(one)).length).toBeGreaterThan(3);
  });
});
