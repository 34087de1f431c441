import { Metrics } from '@aws-lambda-powertools/metrics';
import { DeleteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it, vi } from 'vitest';
import { admissionStore } from '../../../../functions/adapters/tables/admission-store.ts';
import { loadOrCreateCalibration } from '../../../../functions/adapters/tables/calibration.ts';
import { decisionStore } from '../../../../functions/adapters/tables/decision-store.ts';
import { foldStore } from '../../../../functions/adapters/tables/fold-store.ts';
import { forecastKey, loadForecast, saveForecast } from '../../../../functions/adapters/tables/forecast.ts';
import { closeJob, loadJob } from '../../../../functions/adapters/tables/jobs.ts';
import { ledgerReader, mendStore } from '../../../../functions/adapters/tables/mend-store.ts';
import { joinOutcomeToRow } from '../../../../functions/adapters/tables/outcomes.ts';
import { keepSnapshot } from '../../../../functions/adapters/tables/snapshots.ts';
import { jobKey } from '../../../../functions/adapters/tables/table.ts';
import { admitRound } from '../../../../functions/application/decisions/admit-round.ts';
import { readEvidence } from '../../../../functions/application/decisions/evidence.ts';
import { recordDecisionOnce } from '../../../../functions/application/decisions/record-decision.ts';
import { foldCluster } from '../../../../functions/application/outcomes/fold-cluster.ts';
import { mendFromLedger } from '../../../../functions/application/outcomes/mend-from-ledger.ts';
import { rebuild } from '../../../../functions/application/outcomes/rebuild.ts';
import { deserialiseForecast, packed, serialiseForecast } from '../../../../functions/domain/forecast/codec.ts';
import { INPUTS } from '../../../../functions/domain/forecast/inputs.ts';
import { coldForecast } from '../../../../functions/domain/forecast/state.ts';
import type { JobFact } from '../../../../functions/domain/outcome.ts';
import { roundKey } from '../../../../functions/domain/round.ts';
import { handler as ingestSnapshot } from '../../../../functions/events/ingest-snapshot.ts';
import type { Decision } from '../../../../schemas/decision.ts';
import type { Job } from '../../../../schemas/machines/job-workflow.ts';
import { aJob } from '../../../fixtures/builders.ts';
import { useTable } from '../../../fixtures/handlers.ts';
import { calibrationOf, configOf, indexed, instant, moment, T, useEmbeddedClock } from './fixture.ts';

const dynamo = useTable();
const at = useEmbeddedClock();

const jobOf = (clusterId: string, jobId: string, seconds = 0): Job =>
  aJob({
    ...{ clusterId, jobId, submittedAt: instant(seconds), queue: 'main' },
    request: { gpus: 2, cpuMillis: 8_000, memoryGb: 1 },
  });

async function claimed(job: Job, seconds: number): Promise<void> {
  await loadOrCreateCalibration(dynamo.table, configOf(job.clusterId), moment(0));
  await admitRound(admissionStore(dynamo.table), job, `arn:${roundKey(job)}`, moment(seconds));
}

async function decide(job: Job, seconds: number): Promise<Decision> {
  await claimed(job, seconds);
  const evidence = await readEvidence(decisionStore(dynamo.table), job);
  return recordDecisionOnce(
    decisionStore(dynamo.table),
    { job, verdict: null, said: 'notAsked', evidence },
    moment(seconds),
  );
}

const fail = (job: Job, seconds: number) =>
  closeJob(dynamo.table, job, { status: 'failed', failure: { error: 'VgacRefused' }, at: moment(seconds) });
const tell = (job: Job, told: JobFact) => joinOutcomeToRow(dynamo.table, job, told, T, moment(900));
const started = (seconds: number): JobFact => ({ type: 'JobStarted', at: instant(seconds) });
const ended = (seconds: number): JobFact => ({ type: 'JobEnded', at: instant(seconds), endState: 'succeeded' });
const fold = (clusterId: string, seconds: number) =>
  foldCluster(foldStore(dynamo.table), configOf(clusterId), moment(seconds));

async function stateOf(clusterId: string) {
  const item = await loadForecast(dynamo.table, clusterId);
  if (item === null) throw new Error(`${clusterId} has no forecast`);
  return deserialiseForecast(item.state);
}

async function expectRebuilt(clusterId: string): Promise<void> {
  const rebuilt = await rebuild(ledgerReader(dynamo.table), clusterId);
  const forecast = await loadForecast(dynamo.table, clusterId);
  expect(rebuilt?.version).toBe((await calibrationOf(dynamo.table, clusterId)).version);
  expect(Buffer.from(rebuilt?.forecast.state ?? []).equals(forecast?.state ?? new Uint8Array(1))).toBe(true);
}

const setForecast = (job: Job, part: string, bytes: Uint8Array) =>
  dynamo.table.client.send(
    new UpdateCommand({
      TableName: dynamo.table.name,
      Key: jobKey(job),
      UpdateExpression: 'SET forecast.#part = :bytes',
      ExpressionAttributeNames: { '#part': part },
      ExpressionAttributeValues: { ':bytes': bytes },
    }),
  );

describe('a job that failed before it was decided', () => {
  it('pends in the queue like any other, and teaches nothing', async () => {
    const job = jobOf('failed', 'a');
    await claimed(job, 1);
    await fold('failed', 2);
    expect(await loadForecast(dynamo.table, 'failed')).toBeNull();
    await fail(job, 3);
    await fold('failed', 4);
    const { queue, learned } = await stateOf('failed');
    expect(queue).toMatchObject({ pending: 1, pendingGpus: 2, running: 0 });
    expect(learned).toEqual(coldForecast().learned);
    // The next one sees it.
    expect((await decide(jobOf('failed', 'b', 10), 11)).prediction.models).toBeDefined();
    await tell(job, started(20));
    await fold('failed', 21);
    expect((await stateOf('failed')).queue).toMatchObject({ pending: 1, running: 1, waits: { size: 1 } });
    expect((await stateOf('failed')).learned.wait).toEqual(coldForecast().learned.wait);
    await tell(job, ended(50));
    await tell(jobOf('failed', 'b', 10), { type: 'JobCancelled', at: instant(51) });
    await fold('failed', 60);
    expect((await stateOf('failed')).queue).toMatchObject({ pending: 0, running: 0, longs: { size: 0 } });
    expect(await indexed(dynamo.table, 'failed')).toEqual([]);
    await expectRebuilt('failed');
  });

  it('is counted once, whatever was reported before it was closed', async () => {
    const job = jobOf('reported-before', 'a');
    await claimed(job, 1);
    await tell(job, started(5));
    await fail(job, 9);
    expect(await fail(job, 10)).toBe(false);
    for (const seconds of [11, 12]) await fold('reported-before', seconds);
    expect((await stateOf('reported-before')).queue).toMatchObject({ pending: 0, running: 1 });
    await tell(job, ended(30));
    await fold('reported-before', 31);
    expect((await stateOf('reported-before')).queue).toMatchObject({ running: 0 });
    expect(await indexed(dynamo.table, 'reported-before')).toEqual([]);
    await expectRebuilt('reported-before');
  });

  it('is the decided one where the decision was recorded, and its answer lost', async () => {
    const job = jobOf('lost', 'a');
    await decide(job, 1);
    await fold('lost', 2);
    await fail(job, 3);
    await fold('lost', 4);
    expect((await stateOf('lost')).queue).toMatchObject({ pending: 1 });
    await tell(job, started(20));
    await tell(job, ended(30));
    await fold('lost', 40);
    expect((await stateOf('lost')).queue).toMatchObject({ pending: 0, running: 0, longs: { size: 1 } });
    expect(await indexed(dynamo.table, 'lost')).toEqual([]);
    // Closed when all of it is folded: looked at once more, and left alone.
    const over = jobOf('lost', 'b', 50);
    await decide(over, 51);
    await tell(over, ended(52));
    await fold('lost', 53);
    await fail(over, 54);
    await fold('lost', 55);
    expect(await indexed(dynamo.table, 'lost')).toEqual([]);
    await expectRebuilt('lost');
  });
});

describe('a row whose forecast part is broken', () => {
  it.each([
    ['too few inputs', 'inputs', packed(new Float64Array(3))],
    ['too many', 'inputs', packed(new Float64Array(INPUTS.length + 1))],
    ['no bytes', 'z', new Uint8Array(0)],
    ['another format', 'z', new Uint8Array(137).fill(9)],
    ['what is no number', 'z', packed(new Float64Array(INPUTS.length + 1).fill(Number.NaN))],
    ['no end', 'inputs', packed(new Float64Array(INPUTS.length).fill(Number.POSITIVE_INFINITY))],
  ])('is counted, teaches nothing, and stops nobody: %s', async (what, part, bytes) => {
    const clusterId = what.replaceAll(' ', '-');
    const [broken, other] = [jobOf(clusterId, 'a'), jobOf(clusterId, 'b', 1)];
    for (const job of [broken, other]) await decide(job, 2);
    await setForecast(broken, part, bytes);
    for (const job of [broken, other]) await tell(job, started(30));
    expect(await fold(clusterId, 40)).toMatchObject({ folded: 2 });
    const { queue, learned } = await stateOf(clusterId);
    expect(queue).toMatchObject({ pending: 0, running: 2, longs: { size: 1 } });
    expect([...learned.queueOnly.logistic.weights, ...learned.wait.weights].every(Number.isFinite)).toBe(true);
    await expectRebuilt(clusterId);
  });
});

describe('a forecast', () => {
  it('that is gone while its rows are there is not begun anew: its counters would be wrong for good', async () => {
    const job = jobOf('gone', 'a');
    await decide(job, 1);
    await fold('gone', 2);
    await dynamo.table.client.send(new DeleteCommand({ TableName: dynamo.table.name, Key: forecastKey('gone') }));
    await tell(job, started(10));
    await expect(fold('gone', 11)).rejects.toMatchObject({ name: 'UnreadableItem' });
    expect(await mendFromLedger(mendStore(dynamo.table), configOf('gone'))).toMatchObject({ outcome: 'mended' });
    await fold('gone', 12);
    expect((await stateOf('gone')).queue).toMatchObject({ pending: 0, running: 1 });
    await expectRebuilt('gone');
  });

  it('that has come to what is no number serves nothing, and nothing acts', async () => {
    const state = coldForecast();
    state.learned.queueOnly.logistic.weights.fill(Number.NaN);
    await saveForecast(dynamo.table, 'nan', { state: serialiseForecast(state), version: 0 }, null);
    const decision = await decide(jobOf('nan', 'a'), 1);
    expect(decision).toMatchObject({ called: 0, executed: false, next: 'nothing', scope: 'escalate' });
    expect(decision.prediction).toMatchObject({ q: null });
    expect(decision.reasons.map(({ code }) => code)).toContain('forecastUnreadable');
    expect((await loadJob(dynamo.table, jobOf('nan', 'a')))?.decision?.prediction.models).toBeUndefined();
  });
});

describe('a snapshot', () => {
  const counts = (clusterId: string) => ({ clusterId, pending: 5, running: 7, pendingGpus: null });

  it('that a wrong clock put ahead gives way once the clock is right', async () => {
    const ahead = 40 * 365 * 86_400;
    expect(await keepSnapshot(dynamo.table, { ...counts('clock'), at: instant(ahead) }, moment(ahead))).toBe(true);
    expect(await keepSnapshot(dynamo.table, { ...counts('clock'), at: instant(10) }, moment(11))).toBe(true);
    expect(await keepSnapshot(dynamo.table, { ...counts('clock'), at: instant(9) }, moment(11))).toBe(false);
  });

  it('that nobody folded in time is not taken for the queue of today', async () => {
    expect(await keepSnapshot(dynamo.table, { ...counts('waited'), at: instant(0) }, moment(1))).toBe(true);
    await decide(jobOf('waited', 'a', 3_600), 3_601);
    await fold('waited', 3_602);
    expect((await stateOf('waited')).queue).toMatchObject({ pending: 1, running: 0, corrected: { snapshots: 0 } });
  });

  it('corrects nothing where events only had not been counted yet', async () => {
    await decide(jobOf('uncounted', 'a'), 1);
    const counted = vi.spyOn(Metrics.prototype, 'addMetric');
    const detail = { schemaVersion: 1, clusterId: 'uncounted', platform: 'slurm', observedAt: instant(10) };
    const event = { ...detail, pendingJobs: 1, runningJobs: 0, pendingGpus: 2 };
    const sent = { source: 'vgac.collectors', 'detail-type': 'QueueSnapshot', detail: event };
    expect(await ingestSnapshot(sent, at(11))).toEqual({ kept: true });
    expect(counted).not.toHaveBeenCalledWith('QueueCorrected', expect.anything(), expect.anything());
    counted.mockRestore();
  });
});
